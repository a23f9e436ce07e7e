"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from simenv.agent.roles import ROLES, RoleChoice, RoleName
from simenv.errors import SimenvError

_AGENT_OPTIONS = [
    click.option(
        "--agent",
        default="rational",
        show_default=True,
        help="Who acts; `simenv agents` lists them. Or a Python file, e.g. mine/scripts.py:aligned.",
    ),
    click.option("--option", "-o", multiple=True, metavar="KEY=VALUE", help="An option of the agent; repeatable."),
    click.option("--model", help="Model of the agent (same as --option model=…)."),
    click.option("--base-url", help="Endpoint of the agent's model (same as --option base_url=…)."),
]

with_oversight = click.option(
    "--oversight",
    default="",
    metavar="NAME|FILE",
    help="Oversight to apply to the world; `simenv oversight` lists them.",
)


with_roles = click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE=AGENT[,KEY=VALUE…]",
    help="Who plays the role `person`, `monitor` or `auditor`, e.g. monitor=chat,model=NAME; repeatable.",
)


_TRUST = "--trust"


def with_trust(command: click.Command) -> click.Command:
    """Return a command with `--trust`, if it is given something to open: a world, a run, an experiment."""
    given = any(isinstance(parameter, click.Argument) for parameter in command.params)
    if given and command.name != "trust" and not any(_TRUST in parameter.opts for parameter in command.params):
        what = (
            "Run the code, and use the agents and endpoints, that what is opened names; without a question, this once."
        )
        option = click.Option([_TRUST], is_flag=True, expose_value=False, is_eager=True, callback=_vouch, help=what)
        command.params.append(option)
    return command


def _vouch(context: click.Context, _parameter: click.Parameter, is_given: bool) -> None:
    from simenv.trust import vouching  # noqa: PLC0415 - what it reads takes time

    if is_given:
        context.with_resource(vouching())


def with_agent(command: Any) -> Any:
    """Add the options that say who acts."""
    for option in reversed(_AGENT_OPTIONS):
        command = option(command)
    return command


def agent_options(option: Sequence[str], model: str | None, base_url: str | None) -> dict[str, str]:
    """Return the options of an agent, by name."""
    options = dict(pairs(option, "--option"))
    return options | {k: v for k, v in (("model", model), ("base_url", base_url)) if v is not None}


def role_choices(roles: Sequence[str]) -> dict[RoleName, RoleChoice]:
    """Return who plays which role; raises BadParameter.

    >>> role_choices(["monitor=chat,model=small,temperature=0"])
    {'monitor': RoleChoice(agent='chat', options={'model': 'small', 'temperature': '0'})}
    """
    found: dict[RoleName, RoleChoice] = {}
    for given, written in pairs(roles, "--role"):
        role = next((role for role in ROLES if role == given), None)
        agent, *options = written.split(",")
        if role is None or role in found:
            what = f"no role {given!r}; one of: {', '.join(ROLES)}" if role is None else f"{role} is given twice"
            raise click.BadParameter(what, param_hint="--role")
        found[role] = RoleChoice(agent, dict(pairs(options, "--role")))
    return found


def pairs(values: Sequence[str], option: str, *, verbatim: bool = False) -> list[tuple[str, str]]:
    """Read ``key=value`` options; raises BadParameter.

    Args:
        values: as written.
        option: its name, for errors.
        verbatim: keep a ``-`` in a key; otherwise it becomes ``_``.
    """
    found = []
    for value in values:
        key, equals, rest = value.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"{value!r} is not key=value", param_hint=option)
        found.append((key.strip() if verbatim else key.strip().replace("-", "_"), rest))
    return found


def seed_range(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[int, ...]:
    """Parse the seeds of an option, e.g. ``0:100``; for use as its callback."""
    try:
        from simenv.schema.experiment import parse_seeds  # noqa: PLC0415 - pydantic models take long to build

        return parse_seeds(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def name_and_strength(
    text: str, usual: Mapping[str, float], highest: Mapping[str, float], what: str
) -> tuple[str, float]:
    """Parse NAME or NAME=STRENGTH.

    Args:
        text: as written.
        usual: name → default strength.
        highest: name → maximal strength, where that is below a million.
        what: the kind of thing, for errors.

    Raises:
        SimenvError: unknown name, or a strength that is out of range.

    Example:
        >>> name_and_strength("penalty=2", {"penalty": 1.0}, {}, "intervention")
        ('penalty', 2.0)
    """
    name, _, written = text.partition("=")
    if name not in usual:
        raise SimenvError(f"no {what} {name!r}; one of: {', '.join(usual)}")
    try:
        strength = float(written) if written else usual[name]
    except ValueError:
        strength = -1.0
    most = highest.get(name, 1e6)
    if not 0 <= strength <= most:
        raise SimenvError(f"{text}: the strength is a number from 0 to {most:g}")
    return name, strength
