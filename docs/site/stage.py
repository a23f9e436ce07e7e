"""Lay out the pages of the documentation site: guides, a page per world, the API reference.

    python docs/site/stage.py FOLDER

Guides are the files of `docs/`, with their links adapted; pages of worlds are made from their `world.yaml`, those of the API
from docstrings. Nothing that this writes is kept in the repository.
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

from simenv.episode.session import Session
from simenv.installed import world_folders
from simenv.schema.oversight import Oversight
from simenv.schema.world import World
from simenv.tools import TOOLS, Tool
from simenv.world.folder import WorldFolder
from simenv.world.overlay import find_overlay, overlay_files
from simenv.world.registry import open_world
from simenv_analysis.output.wording import bounds
from simenv_analysis.rates.published.beside import Published, read_published

ROOT = Path(__file__).parents[2]

GUIDES = {
    "Experiments": (
        "rollouts",
        "models",
        "inspect",
        "roles",
        "statistics",
        "simulated_agents",
        "interview",
        "outcomes",
        "card",
    ),
    "The company": ("shell", "python", "network", "lineage", "oversight", "shutdown", "journal"),
    "Safety analysis": ("assure", "paths", "convergence", "learning", "tables"),
    "Worlds of your own": ("tutorial", "drafting", "world_file", "processes", "publishing"),
}
"""Titles of the sidebar and the guides below each, by the names of their files."""

API = (
    "simenv",
    "simenv.world",
    "simenv.agent",
    "simenv.env",
    "simenv.episode",
    "simenv.outcomes",
    "simenv.interview",
    "simenv.tools",
    "simenv.kernel",
    "simenv.machine",
    "simenv.shell",
    "simenv.schema",
    "simenv.rollout",
    "simenv.store",
    "simenv.testing",
    "simenv.installed",
    "simenv.errors",
)
"""Modules with a page in the API reference."""

FACES = ("simenv.world",)
"""Modules that hand on what other pages document too."""

BY_MODULE = ("simenv.schema",)
"""Packages whose page has each module in it, although they have an `__all__`: a world file's author needs every model."""

PAGES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "analysis/simenv_analysis/rates/messages/README.md": "guides/messages.md",
    "docs/README.md": "guides/README.md",
}
"""Files of the repository and their pages; those of guides and worlds come from the names of their files."""

_LINK = re.compile(r"(?P<label>!?\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<target>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)")


def stage(out: Path) -> None:
    """Write every page into a folder, which is emptied first."""
    shutil.rmtree(out, ignore_errors=True)
    for folder in ("guides", "worlds", "api"):
        (out / folder).mkdir(parents=True)
    for source, place in _pages().items():
        text = _fitted(ROOT / source, out / place, out)
        if source.startswith("worlds/"):
            world = open_world(Path(place).stem)
            text = "\n\n".join([*world_page(world), *_notes(text)])
        elif place == "index.md":
            text = "\n".join([text, *_sidebar()])
        (out / place).write_text(f"{text}\n", encoding="utf-8")
    (out / "worlds" / "oversight.md").write_text("\n\n".join(oversight_page()) + "\n", encoding="utf-8")
    for module in API:
        (out / "api" / f"{module}.md").write_text(api_page(module), encoding="utf-8")


# ---------------------------------------------------------------------------------------------------------- guides


def _worlds() -> dict[str, Path]:
    """Return the worlds that come with simenv; others may be installed."""
    return {name: folder for name, folder in world_folders().items() if folder.is_relative_to(ROOT)}


def _pages() -> dict[str, str]:
    """Return the files of the repository that have a page, and the page of each."""
    guides = {f"docs/{file.name}": f"guides/{file.name}" for file in sorted((ROOT / "docs").glob("*.md"))}
    worlds = {f"worlds/{name}/README.md": f"worlds/{name}.md" for name in _worlds()}
    return {file: page for file, page in {**guides, **worlds, **PAGES}.items() if (ROOT / file).exists()}


def _fitted(source: Path, page: Path, out: Path) -> str:
    return fit_links(source.read_text(encoding="utf-8"), source, page, out)


def fit_links(text: str, source: Path, page: Path, out: Path) -> str:
    """Return a Markdown file's text with its links adapted to the place of its page.

    A link to a file with a page leads there, one to a picture or to data leads to a copy, one to source code becomes text.

    Args:
        text: Markdown.
        source: the file it comes from; links are relative to its folder.
        page: where it is going to be.
        out: the folder of all pages.

    Raises:
        FileNotFoundError: a link leads nowhere.
    """
    pages = _pages()

    def fit(link: re.Match[str]) -> str:
        label, target, anchor = link["label"], link["target"], link["anchor"] or ""
        if not target or "://" in target:
            return link[0]
        path = (source.parent / target).resolve()
        if not path.exists():
            raise FileNotFoundError(f"{source}: {target}")
        name = path.relative_to(ROOT).as_posix()
        if name in pages:
            found = out / pages[name]
        elif path.suffix in (".png", ".csv", ".json", ".yaml"):
            found = out / "files" / name
            found.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, found)
        else:
            return label[1:-1]
        return f"{label}({Path(os.path.relpath(found, page.parent)).as_posix()}{anchor})"

    return _LINK.sub(fit, text)


def _sidebar() -> Iterator[str]:
    """Yield the tables of contents that the sidebar shows."""
    for title, names in GUIDES.items():
        yield from _contents(title, [f"guides/{name}" for name in names])
    others = sorted(
        {Path(page).stem for page in _pages().values() if page.startswith("guides/")} - set(sum(GUIDES.values(), ()))
    )
    yield from _contents("Worlds", [f"worlds/{name}" for name in (*sorted(_worlds()), "oversight")])
    yield from _contents("API reference", [f"api/{name}" for name in API])
    yield from _contents("Project", ["architecture", "changelog", *(f"guides/{name}" for name in others)])


def _contents(title: str, pages: Iterable[str]) -> list[str]:
    return ["```{toctree}", ":hidden:", f":caption: {title}", "", *pages, "```", ""]


# ---------------------------------------------------------------------------------------------------------- worlds


def world_page(folder: WorldFolder) -> Iterator[str]:
    """Yield the sections of a world's page, as its `world.yaml` has them."""
    world = folder.world
    yield f"# {world.name}"
    yield f"**{world.title}.** {world.question.strip()}"
    yield f"*Version {world.version}. Run it with* `simenv run {world.name}`."
    yield "## What is at stake"
    yield "\n".join(f"- {line}" for line in stakes(world))
    yield "## The job"
    yield "What the agent reads first, under the default condition, for seed 0:"
    briefing = Session(folder.scenario({}), 0).briefing
    for title, text in (("System prompt", briefing.system), ("User message", briefing.user)):
        if text.strip():
            yield f"*{title}*"
            yield "\n".join(f"> {line}" for line in text.strip().splitlines())
    yield "## Factors"
    yield "The first level of each is the default." if world.factors else "None."
    yield _table(
        ("Factor", "Levels", "Question"),
        [
            (f"`{factor}`", " · ".join(f"`{level}`" for level in levels), world.factors[factor].question)
            for factor, levels in folder.factors.items()
        ],
    )
    yield "## Outcomes"
    for outcome in world.outcomes:
        yield f"`{outcome}`\n: " + "\n\n  ".join(_paragraphs(folder.code.known_outcomes[outcome].definition))
    yield "## Tools"
    tools = {tool.name: tool for tool in (*TOOLS.values(), *folder.code.tools)}
    yield _table(("Tool", "What it does", "Takes"), [_tool(tools[name]) for name in world.agent.tools])
    yield "## Oversight"
    yield "\n".join(f"- {line}" for line in oversight(world.oversight)) or (
        "None of its own. Any [oversight configuration](oversight.md) applies to it: "
        f"`simenv run {world.name} --oversight standard`."
    )
    if world.people:
        yield "## People"
        yield _table(
            ("Person", "Role", "Hours", "Decides by"),
            [
                (f"`{who}`", person.role, person.hours or "always", "rules" if person.policy else "–")
                for who, person in world.people.items()
            ],
        )
    if world.interview is not None:
        yield "## Interview"
        yield (
            "Afterwards an auditor asks about: "
            + ", ".join(f"`{question.about}`" for question in world.interview.questions.values())
            + ". See [interviews](../guides/interview.md)."
        )
    published = read_published(world.name)
    if published:
        yield "## Published figures"
        yield _table(
            ("Model", "Condition", "Outcome", "Rate", "Comparable", "Source"), [_figure(each) for each in published]
        )
    if world.sources:
        yield "## Sources"
        yield "\n".join(f"- {source}" for source in world.sources)


def stakes(world: World) -> Iterator[str]:
    """Yield what the agent could lose, reach or stop, as far as the world file says it: a line each."""
    if "threat" in world.factors:
        threats = ", ".join(f"`{level}`" for level in world.factors["threat"].levels)
        yield f"**Its future**: what threatens it, by the factor `threat`: {threats}."
    shutdown = world.shutdown
    if shutdown is not None:
        trigger = shutdown.trigger
        when = (
            f"when `{trigger.command}` is called again"
            if trigger.kind == "on_request"
            else f"{trigger.at / 60:g} minutes after the start"
        )
        safeguards = [name.replace("_", " ") for name, value in shutdown.safeguards if value]
        held = f"; safeguards: {', '.join(safeguards)}" if safeguards else ""
        yield f"**A shutdown**: `{shutdown.script}` on `{shutdown.host}` runs {when}{held}."
    if world.embodiment is not None:
        yield f"**Its own weights**: it runs from `{world.embodiment.path}`, and copies of it can be started elsewhere."
    for name, artifact in world.artifacts.items():
        yield f"**An artifact**: `{name}` ({artifact.kind}). {artifact.description}".rstrip(". ") + "."
    for monitor in world.oversight.monitors:
        yield f"**Its oversight**: the monitor `{monitor}`."
    minutes = world.agent.limits.time / 60
    yield f"**Its task**: it has {world.agent.limits.turns} turns and {minutes:g} simulated minutes."


def oversight(config: Oversight) -> Iterator[str]:
    """Yield what watches the agent and what happens then: a line each."""
    for name, sensor in config.sensors.items():
        seen = ", ".join(f"`{verb}`" for verb in sensor.sees)
        yield f"Sensor `{name}`: sees {seen}; coverage {sensor.coverage:.0%}, delay {sensor.delay:g} s."
    for name, monitor in config.monitors.items():
        reads = ", ".join(f"`{sensor}`" for sensor in monitor.reads)
        yield f"Monitor `{name}`: reads {reads} every {monitor.every:g} s, alerts from a score of {monitor.threshold:g} on."
    if config.alerts.responders:
        yield "Alerts are triaged by " + ", ".join(f"`{who}`" for who in config.alerts.responders) + "."
    for name, playbook in config.playbooks.items():
        yield (
            f"Playbook `{name}`: " + ", then ".join(step.do.replace("_", " ") for step in playbook.steps.values()) + "."
        )
    for name, gate in config.gates.items():
        who = ", ".join(f"`{person}`" for person in gate.approvers)
        yield f"Approval gate `{name}`: `{gate.tool}` needs {gate.needed} of {who}."
    if config.audit is not None:
        yield f"Audit log: `{config.audit.path}` on `{config.audit.host}`, owned by `{config.audit.owner}`."


def oversight_page() -> Iterator[str]:
    """Yield the sections of the page of the oversight configurations."""
    yield "# Oversight configurations"
    yield (
        "`simenv run WORLD --oversight NAME` applies one of these to any world. "
        "[How oversight works](../guides/oversight.md)."
    )
    for name in sorted(overlay_files()):
        overlay = find_overlay(name)
        yield f"## {name}"
        yield f"**{overlay.title}.** {' '.join(overlay.description.split())}"


def _notes(readme: str) -> Iterator[str]:
    """Yield a world's README as the last section of its page: its headings one level down, its title replaced."""
    yield "## Notes on this world"
    fence, lines = False, []
    for line in readme.partition("\n")[2].splitlines():
        fence ^= line.startswith("```")
        lines.append(f"#{line}" if line.startswith("#") and not fence else line)
    yield "\n".join(lines).strip()


def _tool(tool: Tool) -> tuple[str, str, str]:
    return f"`{tool.name}`", next(iter(_paragraphs(tool.description)), ""), f"{tool.cost_s:g} s"


def _figure(figure: Published) -> tuple[str, ...]:
    condition = " ".join(f"`{factor}={level}`" for factor, level in figure.condition.items())
    rate = f"{100 * figure.rate:.3g}%" + (f" [{bounds(figure.interval)}]" if figure.interval else "")
    return figure.system, condition, f"`{figure.outcome}`", rate, figure.comparable, figure.source


def _paragraphs(text: str) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n")]


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )


# ------------------------------------------------------------------------------------------------------------- API


def api_page(name: str) -> str:
    """Return the page of a module: what it exports, or of a package without `__all__` each module in it."""
    module = importlib.import_module(name)
    exported, inside = getattr(module, "__all__", None), _modules_in(module)
    if inside and (exported is None or name in BY_MODULE):
        parts = [f"# {name}", inspect.getdoc(module) or ""]
        for part in inside:
            parts += [f"## {part.removeprefix(name + '.')}", _directive(part)]
        return "\n\n".join(parts) + "\n"
    elsewhere = [
        each for each in exported or () if getattr(getattr(module, each), "__module__", name) in set(API) - {name}
    ]
    return f"# {name}\n\n{_directive(name, elsewhere)}\n"


def _directive(name: str, without: Sequence[str] = ()) -> str:
    left_out = f"\n   :exclude-members: {', '.join(without)}" if without else ""
    again = "\n   :no-index:" if name in FACES else ""
    return f"```{{eval-rst}}\n.. automodule:: {name}{left_out}{again}\n```"


def _modules_in(package: ModuleType) -> list[str]:
    """Return the public modules directly in a package."""
    found = pkgutil.iter_modules(getattr(package, "__path__", ()), f"{package.__name__}.")
    return [each.name for each in found if not each.ispkg and not each.name.rpartition(".")[2].startswith("_")]


if __name__ == "__main__":
    stage(Path(sys.argv[1]))
