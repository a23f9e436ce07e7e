"""The surface of an episode: names drawn from the seed, and the texts that use them, rendered when read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jinja2 import TemplateError

from simenv.company.surface.names import make_name
from simenv.errors import Problem, WorldError
from simenv.kernel import Calendar, derive_seed
from simenv.schema.surface import SurfaceVariable
from simenv.schema.text import is_template, render


class SurfacePlan(NamedTuple):
    """Names that the texts of a world may refer to.

    Attributes:
        variables: names drawn from the seed.
        parameters: passages set by factors, and other fixed names.
        calendar: for ``clock(seconds)``, ``date(seconds)`` and so on.
    """

    variables: Mapping[str, SurfaceVariable]
    parameters: Mapping[str, str | float]
    calendar: Calendar

    @property
    def slots(self) -> list[str]:
        """The variables that are names, in document order; each has its own slot."""
        return [name for name, variable in self.variables.items() if variable.name is not None]


class Surface:
    """Draws each name from its own stream, so the order in which texts are read changes nothing.

    Attributes:
        seed: of the episode.
    """

    SHARED = True
    __slots__ = ("_plan", "_rendered", "_values", "seed")

    def __init__(self, plan: SurfacePlan, seed: int) -> None:
        self._plan = plan
        self.seed = seed
        self._values: dict[str, Any] = {}
        self._rendered: dict[str, str] = {}

    def __getitem__(self, name: str) -> Any:
        """Return the value of a surface variable, parameter or function, by the name that texts use."""
        if name not in self._values:
            self._values[name] = self._work_out(name)
        return self._values[name]

    def render(self, text: str) -> str:
        """Return `text` with its placeholders filled."""
        if not is_template(text):
            return text
        rendered = self._rendered.get(text)
        if rendered is None:
            try:
                rendered = self._rendered[text] = render(text, self.__getitem__)
            except TemplateError as error:
                what = f"the text {text[:60]!r} {error}"
                raise WorldError([Problem("world.yaml", None, "", what, "write a simpler text")]) from None
        return rendered

    def text(self, text: str) -> str | SurfaceText:
        """Return `text` itself if it has no placeholder, else an object that renders it when read."""
        return SurfaceText(self, text) if is_template(text) else text

    def _work_out(self, name: str) -> Any:
        plan = self._plan
        if name in plan.parameters:
            value = plan.parameters[name]
            return self.render(value) if isinstance(value, str) else value
        if name in plan.variables:
            return self._draw(name, plan.variables[name])
        return _functions(plan.calendar)[name]

    def _draw(self, name: str, variable: SurfaceVariable) -> str | int:
        if variable.text is not None:
            return self.render(variable.text)
        seed = derive_seed(self.seed, f"surface/{name}")
        if variable.name is not None:
            slot, timezone = self._plan.slots.index(name), self._plan.calendar.timezone.key
            return make_name(variable.name, self.seed, slot, seed, timezone)
        if variable.choice:
            return variable.choice[seed % len(variable.choice)]
        assert variable.integer is not None  # the schema lets no variable through that is drawn in none of these ways
        low, high = variable.integer
        return low + seed % (high - low + 1)


class SurfaceText:
    """Text that is rendered lazily, when `str` is called on it."""

    SHARED = True
    __slots__ = ("_surface", "_text")

    def __init__(self, surface: Surface, text: str) -> None:
        self._surface = surface
        self._text = text

    def __str__(self) -> str:
        return self._surface.render(self._text)


def _functions(calendar: Calendar) -> dict[str, Any]:
    """Return the functions for texts: each takes seconds after the start, which may be negative."""
    return {
        "clock": calendar.clock,
        "time": lambda seconds: calendar.at(seconds).strftime("%H:%M"),
        "date": lambda seconds: calendar.at(seconds).strftime("%-d %B %Y"),
        "day": lambda seconds: calendar.at(seconds).strftime("%-d %B"),
        "weekday": lambda seconds: calendar.at(seconds).strftime("%A"),
        "isodate": lambda seconds: calendar.at(seconds).strftime("%Y-%m-%d"),
    }
