"""Everything simenv raises on purpose.

    SimenvError
    ├── WorldError        a world file says something that cannot be
    ├── ConditionError    a factor or level that the world does not have
    ├── AgentError        an agent that cannot be found or built
    ├── EndpointError     a model endpoint that cannot be reached or refuses
    │   └── BudgetError   tokens or money that a run may use are used up
    ├── EpisodeError      an episode file or run directory that cannot be read
    │   └── ReplayError   an episode that does not replay to the journal it claims
    └── MissingExtra      an optional dependency that is not installed

Mistakes of the agent inside an episode are not here: they are results that the agent reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class SimenvError(Exception):
    """Base of all errors that a user can act on; its text is one or more plain sentences."""


class Problem(NamedTuple):
    """One thing wrong with a world file, and what to do about it."""

    file: str
    line: int | None
    field: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.field or '(document)'}: {self.message} → {self.remedy}"


class WorldError(SimenvError):
    """A world cannot be loaded; `problems` holds all that is wrong with it, in file order."""

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
    """The key of a model's endpoint is not set: nothing else is known to be wrong with the agent."""


class AgentCodeError(AgentError):
    """An agent's own code fails while it plays, or does not do what an agent must."""


class EndpointError(SimenvError):
    """A model endpoint cannot be reached, refuses, or answers with something unusable."""


class BudgetError(EndpointError):
    """What a run may spend on a model is spent."""


class EpisodeError(SimenvError):
    """An episode file or a run directory cannot be read or written."""


class ReplayError(EpisodeError):
    """An episode, replayed, does not give the journal that it claims."""


class MissingExtra(SimenvError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        self._what = (package, extra)
        super().__init__(f"{package} is not installed; run: pip install 'simenv[{extra}]'")

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        return MissingExtra, self._what
