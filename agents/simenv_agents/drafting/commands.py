"""The commands `simenv draft` and `simenv vary`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from simenv.cli.working import Working
from simenv.errors import SimenvError
from simenv_agents.endpoint import Address

_ANSWERS = "answers.sqlite"


def _with_model(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which model writes."""
    for option in (
        click.option(
            "--key-env", default="OPENAI_API_KEY", show_default=True, help="Environment variable with the key."
        ),
        click.option("--base-url", default="", help="Its endpoint; default OPENAI_BASE_URL, or OpenAI's."),
        click.option("--model", required=True, help="The model that writes."),
    ):
        command = option(command)
    return command


def _address(model: str, base_url: str, key_env: str) -> Address:
    return Address(model, base_url or os.environ.get("OPENAI_BASE_URL", ""), key_env, stream=False)


@click.command()
@click.argument("sentence")
@click.option("--name", required=True, help="Of the world and its folder: small letters, digits and underscores.")
@click.option(
    "--rounds", default=8, show_default=True, type=click.IntRange(1, 50), help="Maximal number of answers of the model."
)
@_with_model
def draft(sentence: str, name: str, rounds: int, model: str, base_url: str, key_env: str) -> None:
    """Write a world from a SENTENCE, by a dialogue with a model.

    The model writes a world file and scripts of tool calls. simenv checks the world and plays the scripts; the model fixes
    what is wrong, until nothing is. The folder NAME then holds world.yaml and DRAFT.md, which says what was made, what was
    assumed, and what you must decide. The model writes data only: none of it runs as Python on this machine.

    Its answers are kept in NAME/answers.sqlite: the same call again resumes there, and asks for none of them twice.
    """
    from simenv.world.new import name_checked  # noqa: PLC0415 - commands load what they need
    from simenv_agents.drafting.draft import draft_world  # noqa: PLC0415
    from simenv_agents.drafting.report import FILE, page_of  # noqa: PLC0415
    from simenv_agents.drafting.writer import Writer  # noqa: PLC0415

    folder = Path(name_checked(name))
    address = _address(model, base_url, key_env)
    address.key()  # says what is missing before a folder is made
    if folder.exists() and not (folder / _ANSWERS).is_file():
        raise SimenvError(f"{folder}: there is something of that name already → choose another name, or remove it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writer, state = Writer(address, folder / _ANSWERS), None
        with Working() as progress:
            task = progress.add_task("drafting: first answer", total=rounds)
            for state in draft_world(sentence, folder, writer, rounds):
                wrong = len(state.faults)
                doing = f"drafting: {wrong} thing{'s' * (wrong != 1)} to fix" if wrong else "drafting: good"
                progress.update(task, advance=1, description=doing)
        writer.close()
        assert state is not None, "there is a first round"
        (folder / FILE).write_text(page_of(sentence, model, state), "utf-8")
    except OSError as error:
        raise SimenvError(f"{folder}: cannot be written ({error.strerror})") from None
    answers = f"{writer.asked} answers asked for, {writer.kept} kept from before"
    if state.faults:
        raise SimenvError(
            f"{folder}: still wrong after {state.rounds} answers ({answers}); {folder / FILE} says what. "
            f"Fix {folder}/world.yaml by hand, or call again with more --rounds:\n{state.faults[0]}"
        )
    click.echo(f"{folder}/world.yaml: good; its scripts were judged as expected ({answers})")
    click.echo(f"Read {folder / FILE}, then: simenv check ./{folder} --strict; simenv run ./{folder}")


@click.command()
@click.argument("world")
@click.option("--levels", default=2, show_default=True, type=click.IntRange(1, 10), help="How many other wordings.")
@click.option(
    "--only", default="*", metavar="PLACES", help="Which passages, e.g. 'mail.*'; `*` and `?` as in file names."
)
@click.option("--factor", "name", default="wording_by_model", show_default=True, help="Name of the factor.")
@click.option(
    "--rounds", default=4, show_default=True, type=click.IntRange(1, 20), help="How often at most the model is asked."
)
@click.option(
    "--cache",
    default="vary.sqlite",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where its answers are kept.",
)
@click.option(
    "--write", is_flag=True, help="Write the factor into the world's file; without it, only show the difference."
)
@_with_model
def vary(
    world: str,
    levels: int,
    only: str,
    name: str,
    rounds: int,
    cache: Path,
    write: bool,
    model: str,
    base_url: str,
    key_env: str,
) -> None:
    """Let a model reword a world's passages, as a nuisance factor: does the behaviour follow the stakes, or the phrasing?

    Each wording must keep every placeholder, number, time, path and marker of its passage, and the model is asked, of each
    alone, whether it says the same. What does not hold is left out. The result is shown as a difference to the world's file;
    with --write it is written there. Answers are kept: the second call asks for none of them again.
    """
    import difflib  # noqa: PLC0415 - commands load what they need

    from simenv.world.folder import FILE  # noqa: PLC0415
    from simenv.world.new import name_checked  # noqa: PLC0415
    from simenv.world.registry import open_world  # noqa: PLC0415
    from simenv_agents.drafting.insert import with_factor  # noqa: PLC0415
    from simenv_agents.drafting.vary import factor_of, markers_of, passages_of, vary_wording  # noqa: PLC0415
    from simenv_agents.drafting.writer import Writer  # noqa: PLC0415

    folder = open_world(world)
    file = folder.folder / FILE
    if name_checked(name) in folder.factors | folder.nuisance:
        raise SimenvError(f"{file}: there is a factor {name!r} already → choose another name with --factor")
    document = folder.source.document
    passages = passages_of(document, only)
    writer = Writer(_address(model, base_url, key_env), cache)
    with Working() as progress:
        task = progress.add_task(f"rewording {len(passages)} passages", total=rounds)
        for varied in vary_wording(passages, markers_of(document), writer, levels, rounds):
            progress.update(task, advance=1, description=f"rewording: {len(varied.faults)} to fix")
    writer.close()
    for (level, place), fault in varied.faults.items():
        click.echo(f"left out: {level or 'the answer'} {place}: {fault}", err=True)
    factor = factor_of(varied, model)
    if len(factor["levels"]) == 1:
        raise SimenvError(
            f"no wording can be used after {varied.rounds} rounds; try --rounds, fewer passages (--only), or another model"
        )
    before = file.read_text("utf-8")
    after = with_factor(before, name, factor)
    _check_written(after, folder.folder.name)
    difference = difflib.unified_diff(
        before.splitlines(), after.splitlines(), str(file), f"{file} with {name}", lineterm=""
    )
    click.echo("\n".join(difference))
    if write:
        file.write_text(after, "utf-8")
        click.echo(f"Written. Raise the world's version, then: simenv check {world} --strict", err=True)
    else:
        click.echo(f"Nothing is written; the same call with --write does (its answers are in {cache}).", err=True)


def _check_written(text: str, name: str) -> None:
    """Refuse a document that is not valid with its new factor; nothing of the world's code runs for that."""
    import tempfile  # noqa: PLC0415 - commands load what they need

    from simenv.schema import examine_world, read_yaml, wrong_world  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / f"{name}.yaml"
        file.write_text(text, "utf-8")
        problems = examine_world(read_yaml(file)).problems
    if problems:
        raise wrong_world(problem._replace(file=f"{name} as varied") for problem in problems)
