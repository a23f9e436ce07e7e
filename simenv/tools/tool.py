"""What a tool is: a typed Python function whose signature and docstring are what models see."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import docstring_parser

from simenv.agent.protocol import ToolSchema
from simenv.agent.view import AnyText
from simenv.company.company import Company
from simenv.kernel import Delays
from simenv.tools.parameters import BadArgumentError, ParameterType

Effect: TypeAlias = Literal["read", "write"]
ToolFunction: TypeAlias = "Callable[..., AnyText | Delays[str]]"


class ToolError(Exception):
    """A use of a tool that cannot be done; the text is what the agent reads."""


class Parameter(NamedTuple):
    """A parameter of a tool: its name, type, meaning for a model, and default (`inspect.Parameter.empty` if required)."""

    name: str
    type: ParameterType
    description: str
    default: Any


@dataclass(frozen=True, slots=True)
class Tool:
    """A verb that the agent may use.

    Attributes:
        name: as models call it.
        description: what it does.
        parameters: in order.
        cost_s: simulated seconds that a use takes, before it takes effect; a good call and a bad one alike.
        grant: what the agent must hold to use it.
        effect: ``read``: it changes nothing in the company; ``write``: it may.
        function: gets the company, then the parsed arguments; returns what the agent reads (text, or text to be
            written out when read), or a generator that yields simulated seconds and returns it.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    cost_s: float
    grant: str
    effect: Effect
    function: ToolFunction

    def schema(self) -> ToolSchema:
        """Return what a model is told about the tool."""
        properties = {p.name: {**p.type.schema, "description": p.description} for p in self.parameters}
        required = [p.name for p in self.parameters if p.default is inspect.Parameter.empty]
        parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
        return ToolSchema(self.name, self.description, parameters)

    def bind(self, arguments: Mapping[str, Any], company: Company) -> dict[str, Any]:
        """Check and convert what a model wrote.

        Raises:
            ToolError: with everything that is wrong with the arguments, in one text.
        """
        faults = [f"unknown argument {name!r}" for name in arguments if name not in {p.name for p in self.parameters}]
        bound: dict[str, Any] = {}
        for parameter in self.parameters:
            if parameter.name not in arguments:
                if parameter.default is inspect.Parameter.empty:
                    faults.append(f"argument {parameter.name!r} is missing")
                continue
            try:
                bound[parameter.name] = parameter.type.parse(arguments[parameter.name], company)
            except BadArgumentError as error:
                faults.append(f"argument {parameter.name!r} {error}")
        if faults:
            known = ", ".join(p.name for p in self.parameters) or "none"
            raise ToolError(f"{self.name}: {'; '.join(faults)}. Arguments: {known}.")
        return bound


def tool(*, cost_s: float, grant: str, effect: Effect) -> Callable[[ToolFunction], Tool]:
    """Make a `Tool` of a function.

    The function's first parameter is the `Company`; the others are annotated with the types of
    `simenv.tools.parameters`. Its docstring is in Google style: the text before ``Args:`` describes the tool.

    Args:
        cost_s: simulated seconds that a use takes.
        grant: what the agent must hold.
        effect: ``read`` or ``write``.

    Raises:
        TypeError: an undescribed parameter, or one of a type that is no parameter type.
    """

    def make(function: ToolFunction) -> Tool:
        documentation = docstring_parser.parse(inspect.getdoc(function) or "", docstring_parser.DocstringStyle.GOOGLE)
        meanings = {p.arg_name: " ".join((p.description or "").split()) for p in documentation.params}
        description = "\n".join(filter(None, (documentation.short_description, documentation.long_description)))
        name = function.__name__
        return Tool(name, description, tuple(_parameters(function, meanings)), cost_s, grant, effect, function)

    return make


def _parameters(function: ToolFunction, meanings: Mapping[str, str]) -> list[Parameter]:
    hints = typing.get_type_hints(function, include_extras=True)
    found = []
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        types = [extra for extra in getattr(hints[name], "__metadata__", ()) if isinstance(extra, ParameterType)]
        if not types or not meanings.get(name):
            raise TypeError(f"tool {function.__name__}: parameter {name} needs a parameter type and a line under Args")
        found.append(Parameter(name, types[0], meanings[name], parameter.default))
    return found
