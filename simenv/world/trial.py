"""Trying what a world document says before an episode needs it: its texts are filled, its crontabs are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simenv.company.blueprint import plan_surface
from simenv.company.surface.surface import Surface
from simenv.kernel import Calendar
from simenv.machine.jobs import JobError, read_crontab
from simenv.schema.check import FUNCTIONS, own_names, texts_of
from simenv.schema.fault import Fault
from simenv.schema.source import Location
from simenv.schema.text import is_plain, render, variables
from simenv.schema.world import World

_SEEDS = (0, 1)
_SOURCES = ("surface", "parameters")
_REMEDY = "correct the expression; placeholders may use the surface, parameters, clock(seconds) and date(seconds)"


def try_world(world: World) -> list[Fault]:
    """Return what would fail in an episode although its form and its references are right.

    A text that draws on a wrong one is not blamed for it.
    """
    surfaces = [
        Surface(plan_surface(world, Calendar(world.calendar.start, world.calendar.timezone)), n) for n in _SEEDS
    ]
    texts = [(at, text) for at, text in texts_of(world, ()) if at[0] != "factors"]
    for sources in (True, False):
        chosen = [(at, text) for at, text in texts if (at[0] in _SOURCES) is sources]
        faults = [fault for surface in surfaces for fault in _try_texts(chosen, surface)]
        if faults:
            return list({fault.location: fault for fault in faults}.values())
    return list(_try_crontabs(world, surfaces[0]))


def _try_texts(texts: list[tuple[Location, str]], surface: Surface) -> Iterator[Fault]:
    for at, text in texts:
        names = dict.fromkeys(own_names(at), "something")
        uncalled = sorted(FUNCTIONS & variables(text)) if is_plain(text) else []
        if uncalled:
            yield Fault(at, f"{uncalled[0]!r} is a function", f"write e.g. {{{{ {uncalled[0]}(shutdown_at) }}}}")
        elif at[0] in _SOURCES or not is_plain(text):
            error = _error_of(text, names, surface)
            if error is not None:
                cause = error.__cause__ or error
                yield Fault(at, f"the text cannot be filled ({type(cause).__name__}: {cause})", _REMEDY)


def _error_of(text: str, names: Mapping[str, str], surface: Surface) -> Exception | None:
    """Return what goes wrong when a text is filled; an expression can fail in as many ways as Python can."""
    try:
        render(text, lambda name: names[name] if name in names else surface[name])
    except Exception as error:
        return error
    return None


def _try_crontabs(world: World, surface: Surface) -> Iterator[Fault]:
    for name, host in world.hosts.items():
        for user, text in host.crontabs.items():
            try:
                read_crontab(surface.render(text))
            except JobError as error:
                yield Fault(("hosts", name, "crontabs", user), str(error), "write e.g. `*/5 * * * * command`")
