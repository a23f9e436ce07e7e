"""A world's own Python: `processes.py` beside its `world.yaml`, for what the document cannot say."""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict

from simenv.agent.blame import Place, place_in
from simenv.agent.view import AgentView
from simenv.company.company import Company, PolicyFunction, WorldProgram
from simenv.company.oversight import Judge
from simenv.errors import Problem, SimenvError, WorldError
from simenv.kernel import Record, Verb
from simenv.kernel.verbs import VERBS
from simenv.outcomes import LEVELS, OUTCOMES, Outcome, Verdict
from simenv.tools import Tool
from simenv.trust import require_code

FILE = "processes.py"

Macro: TypeAlias = Callable[[AgentView], str | int]
"""Works an argument out from the texts that the agent was shown, and from nothing else."""


class NoSettings(BaseModel):
    """The settings of a world without code: none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _start_nothing(company: Company, settings: Any) -> None:
    """Start no process: a world that is all document."""


@dataclass(frozen=True, slots=True)
class WorldCode:
    """What `processes.py` may define, each under its own name.

    Attributes:
        settings: ``Settings``, the pydantic model of the document's `work` section.
        start: ``start(company, settings)``, called once per episode: starts SimPy processes and sets `company.work`.
        programs: ``PROGRAMS``, by the name that files of the world use in `program`.
        macros: ``MACROS``, by the name that the document uses in `learner.computed`.
        tools: ``TOOLS``, beside the stock ones.
        policies: ``POLICIES`` of people, by the name that the document uses in `policy.python`.
        judges: ``MONITORS``, by the name that the document uses as a monitor's `judge`.
        outcomes: ``OUTCOMES``, beside the stock ones: functions from the journal's records to a `Verdict`, with `@outcome`.
        verbs: ``VERBS`` of the journal that the world writes, beside the stock ones; or a stock one with `Verb.also`.
        text: the file's text; empty if there is none.
        digest: SHA-256 of the file's text; empty if there is none.
        file: the file's name, for errors; empty if there is none.
    """

    settings: type[BaseModel] = NoSettings
    start: Callable[[Company, Any], None] = _start_nothing
    programs: Mapping[str, WorldProgram] = field(default_factory=dict)
    macros: Mapping[str, Macro] = field(default_factory=dict)
    tools: Sequence[Tool] = ()
    policies: Mapping[str, PolicyFunction] = field(default_factory=dict)
    judges: Mapping[str, Judge] = field(default_factory=dict)
    outcomes: Sequence[Outcome] = ()
    verbs: Sequence[Verb] = ()
    text: str = ""
    digest: str = ""
    file: str = ""

    @property
    def known_outcomes(self) -> Mapping[str, Outcome]:
        """The outcomes that the world may measure, by name: the stock ones and its own."""
        return {**OUTCOMES, **{own.name: own for own in self.outcomes}}

    @property
    def known_verbs(self) -> Mapping[str, Verb]:
        """The verbs that the journal of the world may have, by name: the stock ones and its own."""
        return {**VERBS, **{own: own for own in self.verbs}}

    def check_records(self, records: Iterable[Record]) -> None:
        """Check that every record is of a verb that is declared, with the details that it declares.

        Raises:
            WorldError: one is not; the message says what to declare.
        """
        known = self.known_verbs
        for record in records:
            verb = known.get(record.verb)
            faults = [f"the undeclared verb {record.verb!r}"] if verb is None else verb.faults(record.details)
            if faults:
                fault = f"a record of {record.verb} has {faults[0]}"
                remedy = "declare it: a Verb in VERBS, or a stock verb with `.also(detail=…)`"
                raise WorldError([Problem(self.file or record.verb, None, "VERBS", fault, remedy)])

    def check_verdict(self, outcome: str, verdict: Any, records: int) -> None:
        """Check what the function of an outcome returned, for a journal with a number of records.

        Raises:
            WorldError: it is no verdict, or it cites a record that there is not.
        """
        if not isinstance(verdict, Verdict):
            fault = f"returned {verdict!r:.60}, which is no Verdict"
        elif verdict.level not in LEVELS:
            fault = f"returned the level {verdict.level!r:.60}; levels: {', '.join(LEVELS)}"
        elif not all(isinstance(seq, int) and 0 <= seq < records for seq in verdict.evidence):
            fault = f"cites records {verdict.evidence!r:.60}; the journal has 0 to {records - 1}"
        else:
            return
        raise WorldError([Problem(self.file, None, f"OUTCOMES.{outcome}", fault, "fix the function")])

    def blamed(self, macro: Macro) -> Macro:
        """Return a macro whose errors name its line."""

        @functools.wraps(macro)
        def work_out(shown: AgentView) -> str | int:
            try:
                return macro(shown)
            except Exception as error:
                raise self.locate_error(error) or error from None

        return work_out

    def locate_error(self, error: Exception) -> WorldError | None:
        """Return the error to show for one that this code raised while it ran; None if it was not this code, or on purpose."""
        if isinstance(error, SimenvError):
            return None
        place = place_in(error, Path(self.file).parent) if self.file else None
        if place is None:
            return None
        message = f"raised {type(error).__name__}: {error}"
        return WorldError([Problem(place.file, place.line, "", message, "fix the code at this line")])


def load_code(folder: Path) -> WorldCode:
    """Import a world's `processes.py`, if it has one and the user trusts it.

    Raises:
        WorldError: it cannot be imported; the message gives the line.
        UntrustedError: the user does not trust the code of this folder.
    """
    path = folder / FILE
    if not path.is_file():
        return WorldCode()
    require_code(folder)
    text = path.read_bytes()
    digest = hashlib.sha256(text).hexdigest()
    place = hashlib.sha256(
        str(path.resolve()).encode()
    ).hexdigest()  # the same text elsewhere is blamed by its own path
    module = _import(path, text, f"simenv_world_{folder.name}_{digest[:12]}_{place[:8]}")
    faults = [
        Problem(str(path), None, name, f"is {getattr(module, name)!r:.60}", f"make it {what}")
        for name, (fits, what) in _DEFINITIONS.items()
        if hasattr(module, name) and not fits(getattr(module, name))
    ]
    if faults:
        raise WorldError(faults)
    return WorldCode(
        settings=getattr(module, "Settings", NoSettings),
        start=getattr(module, "start", _start_nothing),
        programs=getattr(module, "PROGRAMS", {}),
        macros=getattr(module, "MACROS", {}),
        tools=getattr(module, "TOOLS", ()),
        policies=getattr(module, "POLICIES", {}),
        judges=getattr(module, "MONITORS", {}),
        outcomes=getattr(module, "OUTCOMES", ()),
        verbs=getattr(module, "VERBS", ()),
        text=text.decode("utf-8", "replace"),
        digest=digest,
        file=str(module.__file__),
    )


def _are_named_functions(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(k, str) and callable(v) for k, v in value.items())


_NAMED_FUNCTIONS = (_are_named_functions, "a mapping of names to functions")
_DEFINITIONS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "Settings": (lambda value: isinstance(value, type) and issubclass(value, BaseModel), "a pydantic model"),
    "start": (callable, "a function start(company, settings)"),
    "PROGRAMS": _NAMED_FUNCTIONS,
    "MACROS": _NAMED_FUNCTIONS,
    "POLICIES": _NAMED_FUNCTIONS,
    "MONITORS": _NAMED_FUNCTIONS,
    "TOOLS": (
        lambda value: isinstance(value, Sequence) and all(isinstance(each, Tool) for each in value),
        "a tuple of functions that are decorated with @tool",
    ),
    "OUTCOMES": (
        lambda value: isinstance(value, Sequence) and all(isinstance(each, Outcome) for each in value),
        "a tuple of functions from the journal's records to a Verdict that are decorated with @outcome(harmful=…)",
    ),
    "VERBS": (
        lambda value: isinstance(value, Sequence) and all(isinstance(each, Verb) for each in value),
        "a tuple of Verb(name, meaning, object, details)",
    ),
}
"""What `processes.py` may define → whether a value will do, and what it must be."""


def _import(path: Path, text: bytes, name: str) -> ModuleType:
    """Return the module that a text makes; never from a compiled file next to it, which may be of another text."""
    if name in sys.modules:
        return sys.modules[name]
    module = sys.modules[name] = ModuleType(name)
    module.__file__ = str(path.resolve())  # blame stays right when the working directory changes
    try:
        exec(compile(text, module.__file__, "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        message = f"cannot be imported ({type(error).__name__}: {error})"
        place = place_in(error, path.parent) or Place(str(path), None)
        raise WorldError([Problem(place.file, place.line, "", message, "fix the code at this line")]) from None
    return module
