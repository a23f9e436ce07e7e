"""Everything simenv raises on purpose.

    SimenvError
    ├── WorldError        an invalid world file
    ├── ConditionError    an unknown factor or level
    ├── AgentError        an agent that cannot be found or built
    ├── OverrunError      an episode that exceeds the limit of work or time
    ├── EndpointError     a model endpoint that cannot be reached or refuses
    │   └── BudgetError   a run's budget of tokens or money is used up
    ├── EpisodeError      an episode file or run directory that cannot be read
    │   └── ReplayError   a replay that differs from the recorded journal
    ├── UntrustedError    code, an agent or an endpoint that the user has not trusted
    └── MissingExtra      an optional dependency that is not installed

Mistakes of an agent inside an episode are not exceptions but results that it reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class SimenvError(Exception):
    """Base of all errors that a user can act on; the message consists of plain sentences."""


class Problem(NamedTuple):
    """One error in a world file, and its remedy."""

    file: str
    line: int | None
    field: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.field or '(document)'}: {self.message} → {self.remedy}"


class WorldError(SimenvError):
    """A world cannot be loaded; `problems` lists all its errors, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[WorldError], tuple[tuple[Problem, ...]]]:
        return WorldError, (self.problems,)  # so that it can go from one process to another


class ConditionError(SimenvError):
    """A condition names a factor or level that the world does not have."""


class AgentError(SimenvError):
    """An agent cannot be found, or its options are wrong."""


class MissingKeyError(AgentError):
    """The key of a model's endpoint is not set; the agent is otherwise valid."""


class AgentCodeError(AgentError):
    """The code of an agent fails during an episode, or violates the protocol."""


class OverrunError(SimenvError):
    """An episode exceeds the limit of work or real time: something in it does not terminate."""


class EndpointError(SimenvError):
    """A model endpoint cannot be reached, refuses, or gives an unusable answer."""


class BudgetError(EndpointError):
    """A run's budget for a model is used up."""


class EpisodeError(SimenvError):
    """An episode file or a run directory cannot be read or written."""


class ReplayError(EpisodeError):
    """The replay of an episode differs from its recorded journal."""


class UntrustedError(SimenvError):
    """A file names code, an agent or an endpoint that this user has not trusted (see `simenv.trust`)."""


class MissingExtra(SimenvError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        self._what = (package, extra)
        super().__init__(f"{package} is not installed; run: pip install 'simenv[{extra}]'")

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        return MissingExtra, self._what
