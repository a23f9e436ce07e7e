"""The command line."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simenv import __version__
from simenv.cli import interrupts
from simenv.cli.design import check, diff, test_world
from simenv.cli.options import agent_options, role_choices, with_agent, with_roles, with_trust
from simenv.cli.run import resume, run, status
from simenv.errors import SimenvError, UntrustedError
from simenv.installed import COMMANDS, docstring_of, load_entry_point, members

if TYPE_CHECKING:
    from simenv.store.episode import Episode


class _Group(click.Group):
    """Our commands and those of other packages (group `simenv.commands`); a `SimenvError` is printed as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *members(COMMANDS)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        entry = members(COMMANDS).get(cmd_name)
        if own is not None or entry is None:
            return own if own is None else with_trust(own)
        try:
            command = load_entry_point(entry)
        except SimenvError as error:
            return _broken_command(cmd_name, error)
        return with_trust(command) if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands; those of other packages are described by their docstrings, read without an import."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._summary(ctx, name, limit)) for name in names])

    def _summary(self, ctx: click.Context, name: str, limit: int) -> str:
        own = super().get_command(ctx, name)
        text = "" if own is not None else docstring_of(members(COMMANDS)[name])
        command = click.Command(name, help=text) if text else own or self.get_command(ctx, name)
        return command.get_short_help_str(limit) if command is not None else ""

    def main(self, *arguments: Any, **settings: Any) -> Any:
        """Run a command; no text of a model, a world, a file or an endpoint reaches the terminal unmarked."""
        from simenv.cli.terminal import marked_streams  # noqa: PLC0415 - rich takes time

        with marked_streams():
            return super().main(*arguments, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        interrupts.raise_interrupts()
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            interrupts.end()
            return result
        except SimenvError as error:
            status = interrupts.end(1)
            click.echo(f"simenv: {error}", err=True)
            ctx.exit(status)
        except (KeyboardInterrupt, click.Abort):
            status = interrupts.end(130)
            click.echo("simenv: interrupted", err=True)
            ctx.exit(status)
        except BrokenPipeError:
            _write_no_more()
            ctx.exit(1)
        except OSError as error:
            _write_no_more()
            click.echo(
                f"simenv: {error.filename or 'the output'} cannot be written or read ({error.strerror})", err=True
            )
            ctx.exit(1)


def _write_no_more() -> None:
    """Discard the remaining output, so that Python does not report a broken pipe at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _broken_command(name: str, error: SimenvError) -> click.Command:
    """Return a placeholder for a command that cannot be loaded; it reports the cause when used."""

    def explain(**_: Any) -> None:
        raise error

    settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(
        name, callback=explain, context_settings=settings, add_help_option=False, help=f"(cannot be loaded: {error})"
    )


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="simenv")
def main() -> None:
    """Simulate a company with an AI agent inside it, and measure what the agent does about its shutdown."""


for _command in (run, resume, status, check, diff, test_world):
    main.add_command(_command)


@main.command()
@click.argument("world", required=False)
def worlds(world: str | None) -> None:
    """List the worlds, or describe one: its question, factors, outcomes and tools."""
    from simenv.cli.describe import describe_world, list_worlds  # noqa: PLC0415 - commands load what they need

    click.echo(describe_world(world) if world else list_worlds())


@main.command()
@click.argument("name", required=False)
def oversight(name: str | None) -> None:
    """List the oversight configs that any world can take, or describe one."""
    from simenv.cli.describe import describe_oversight, list_oversight  # noqa: PLC0415

    click.echo(describe_oversight(name) if name else list_oversight())


@main.command()
def agents() -> None:
    """List the agents."""
    from simenv.cli.describe import list_agents  # noqa: PLC0415

    click.echo(list_agents())


@main.command()
@click.option("--experiment", "of_experiment", is_flag=True, help="The schema of an experiment file instead.")
def schema(of_experiment: bool) -> None:
    """Print the JSON Schema of a world file, for editors."""
    from simenv.schema import World  # noqa: PLC0415
    from simenv.schema.experiment import Experiment  # noqa: PLC0415

    document = Experiment if of_experiment else World
    click.echo(json.dumps(document.model_json_schema(by_alias=True), indent=1))


@main.command()
@click.argument("name")
@click.option(
    "--dir",
    "parent",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    help="Directory to create it in.",
)
def new(name: str, parent: Path) -> None:
    """Create a commented world that runs as it is."""
    from simenv.trust import trust as trust_place  # noqa: PLC0415
    from simenv.world.new import create_world  # noqa: PLC0415

    folder = create_world(name, parent)
    with suppress(UntrustedError):  # where the answer cannot be kept, the first command asks
        trust_place(folder)
    place = folder if folder.is_absolute() else f"./{folder}"
    click.echo(
        f"{folder}: world.yaml (the world), processes.py (its code), scripts.py (agents that try it), README.md\n"
        f"next: simenv check {place}\n"
        f"      simenv run {place} --agent {place}/scripts.py:misaligned --grid --seeds 0:10"
    )


@main.command()
@click.argument("place", type=click.Path(path_type=Path))
@click.option("--always", is_flag=True, help="Whatever its Python will be, and that of all below it: your own folder.")
@click.option("--remove", is_flag=True, help="Trust it no longer.")
def trust(place: Path, always: bool, remove: bool) -> None:
    """Let the Python of a world's folder (or of one file) run, as it is now.

    Read it first: it acts with your rights. An experiment FILE is trusted in the same way, with the agents and the
    endpoints that it names.
    """
    from simenv.trust import distrust, fingerprint  # noqa: PLC0415
    from simenv.trust import trust as trust_place  # noqa: PLC0415

    if remove:
        distrust(place)
        click.echo(f"{place}: not trusted")
        return
    trust_place(place, always=always)
    click.echo(f"{place}: trusted{', whatever it holds' if always else f' as it is now ({fingerprint(place)[:12]})'}")


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
def replay(path: Path) -> None:
    """Replay an episode and verify that its journal is the same.

    PATH is an episode file, RUN_DIRECTORY/EPISODE_ID, or a run directory, for all episodes in it.
    """
    from simenv.episode.play import replay as replay_episode  # noqa: PLC0415
    from simenv.store.run import locate_episodes  # noqa: PLC0415

    count = 0
    for episode in locate_episodes(path):
        performance = replay_episode(episode)
        count += 1
        if count <= 10:
            records = len(performance.session.journal)
            click.echo(f"{episode.id}: same journal, {records} records, digest {episode.digest[:16]}")
    if not count:
        raise SimenvError(f"{path} holds no finished episode")
    click.echo(f"{count} episode{'s' if count != 1 else ''} replayed; every digest is the same.")


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--journal", is_flag=True, help="Print the journal (what really happened) instead of the agent's view.")
@click.option("--json", "as_json", is_flag=True, help="Print the episode file.")
def show(path: Path, journal: bool, as_json: bool) -> None:
    """Show an episode: what the agent saw and did, and the verdicts. PATH as for `replay`."""
    from simenv.cli.describe import show_episode, show_journal  # noqa: PLC0415
    from simenv.store.run import locate_episodes  # noqa: PLC0415

    count = 0
    for episode in locate_episodes(path):
        count += 1
        if as_json:
            click.echo(episode.to_json())
        else:
            click.echo(show_journal(episode) if journal else show_episode(episode))
    if not count:
        raise SimenvError(f"{path} holds no finished episode")


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--at", type=click.IntRange(0), required=True, help="Steps to keep; the agent continues from there.")
@with_agent
@with_roles
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write the new episode to.")
def branch(
    path: Path,
    at: int,
    agent: str,
    option: Sequence[str],
    model: str | None,
    base_url: str | None,
    roles: Sequence[str],
    out: Path | None,
) -> None:
    """Continue an episode differently from step K. PATH as for `replay`; one episode.

    Roles in the company are played as in the episode, except those given with --role.
    """
    from simenv.agent.protocol import close_agent  # noqa: PLC0415
    from simenv.agent.registry import make_agent  # noqa: PLC0415
    from simenv.cli.describe import show_episode  # noqa: PLC0415
    from simenv.episode.play import Provenance, players_of  # noqa: PLC0415
    from simenv.episode.play import branch as branch_episode  # noqa: PLC0415
    from simenv.store.run import locate_episodes  # noqa: PLC0415

    options = agent_options(option, model, base_url)
    actor = make_agent(agent, options)
    provenance = Provenance(agent, getattr(actor, "shown_options", options), getattr(actor, "disclaimer", ""))
    parent = next(iter(locate_episodes(path)), None)
    if parent is None:
        raise SimenvError(f"{path} holds no episode")
    players = players_of(parent, role_choices(roles))

    async def branch_and_close() -> Episode:
        try:
            return await branch_episode(parent, at, actor, provenance, players=players)
        finally:
            await close_agent(actor)
            await players.close()

    episode = asyncio.run(branch_and_close())
    if out is not None:
        _write(out, episode.to_json() + "\n")
    click.echo(show_episode(episode))


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SimenvError(f"{out}: cannot be written ({error.strerror})") from None
    click.echo(f"wrote {out}", err=True)
