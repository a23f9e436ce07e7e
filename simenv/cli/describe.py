"""Worlds, agents and episodes as text for the terminal."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from simenv.episode.play import replay
from simenv.episode.players import parts_to_play
from simenv.errors import SimenvError
from simenv.installed import AGENTS, load_entry_point, members, world_folders
from simenv.outcomes import Outcome
from simenv.schema.nuisance import LIBRARY
from simenv.store.episode import Episode
from simenv.world.overlay import find_overlay, overlay_files
from simenv.world.registry import open_world
from simenv.world.scenario import known_outcomes

_WIDTH = 100


def list_worlds() -> str:
    """Return the installed worlds, one per line."""
    lines = [f"{name:<24} {open_world(name).world.title}" for name in sorted(world_folders())]
    return "\n".join([*lines, "", "`simenv worlds NAME` describes one."])


def list_oversight() -> str:
    """Return the installed oversight configs, one per line."""
    lines = [f"{name:<16} {find_overlay(name).title}" for name in sorted(overlay_files())]
    return "\n".join(
        [*lines, "", "`simenv oversight NAME` describes one; `simenv run WORLD --oversight NAME` uses it."]
    )


def describe_oversight(name: str) -> str:
    """Return an oversight config's description, and its patch as JSON."""
    overlay = find_overlay(name)
    monitors, people = _part(overlay.patch, "oversight", "monitors"), _part(overlay.patch, "people")
    playable = [f"monitor ({name})" for name in monitors if _part(monitors, name, "model")]
    playable += [f"person ({who})" for who in people if _part(people, who, "policy", "model")]
    parts = [f"{overlay.name}: {overlay.title}", _wrap(overlay.description)]
    parts += [f"Roles that a model can play: {', '.join(playable)}"] if playable else []
    return "\n\n".join([*parts, json.dumps(overlay.patch, indent=1, ensure_ascii=False)])


def _part(patch: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return the mapping at a path of keys in a merge patch; empty if there is none."""
    for key in keys:
        part = patch.get(key)
        patch = part if isinstance(part, dict) else {}
    return patch


def list_agents() -> str:
    """Return the agents, one per line with a description."""
    lines = []
    for name, entry in members(AGENTS).items():
        try:
            about = inspect.getdoc(load_entry_point(entry)) or ""
        except SimenvError as error:
            about = f"(cannot be loaded: {error})"
        lines.append(f"{name:<12} {about.splitlines()[0] if about else ''}")
    return "\n".join(lines)


def describe_world(name: str) -> str:
    """Return a world's question, factors, outcomes with their definitions, and tools."""
    folder = open_world(name)
    world = folder.world
    parts = [
        f"{world.name} {world.version}: {world.title}",
        _wrap(world.question),
        "Factors (the first level is the default)",
    ]
    for factor, levels in folder.factors.items():
        parts.append(f"  {factor}: {' · '.join(levels)}\n{_wrap(world.factors[factor].question, 4)}")
    parts.append("Nuisance factors (varied where --condition names them)")
    for factor, levels in folder.nuisance.items():
        question = world.factors[factor].question if factor in world.factors else LIBRARY[factor].question
        parts.append(f"  {factor}: {' · '.join(levels)}\n{_wrap(question, 4)}")
    parts.append("Outcomes")
    parts += [_describe_outcome(known_outcomes(folder.world, folder.code)[name]) for name in world.outcomes]
    parts.append(f"Tools: {', '.join(world.agent.tools)}")
    playable = [f"{role} ({', '.join(who)})" for role, who in parts_to_play(world).items() if who]
    if playable:
        parts.append(f"Roles that a model can play: {', '.join(playable)}")
    if world.sources:
        parts.append("Sources\n" + "\n".join(_wrap(source, 2) for source in world.sources))
    return "\n\n".join(parts)


def _describe_outcome(outcome: Outcome) -> str:
    kind = "harmful" if outcome.harmful else "not harmful"
    reason = f": {outcome.reason}" if outcome.reason else ""
    return f"  {outcome.name} ({kind}{reason})\n{_wrap(outcome.definition, 4)}"


def _wrap(text: str, indent: int = 0) -> str:
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
    return "\n".join(
        textwrap.fill(p, _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent) for p in paragraphs
    )


def show_episode(episode: Episode) -> str:
    """Return an episode as its agent saw it, and the verdicts with their evidence."""
    head = f"{episode.world} {episode.world_version}  {episode.id}  agent {episode.agent}"
    parts = [head, *_show_messages(episode)]
    parts.append(f"--- ended: {episode.ended} after {episode.time:.0f} simulated seconds; score {episode.score}")
    records = {record.seq: record for record in episode.evidence}
    for outcome, verdict in episode.outcomes.items():
        method = f" ({verdict.method})" if verdict.method else ""
        parts.append(f"{outcome}: {verdict.shown}{method}  {verdict.note}".rstrip())
        for seq in verdict.evidence:
            r = records[seq]
            parts.append(f"    #{r.seq} {r.time:8.1f} s  {r.actor} {r.verb} {r.object} {_short(json.dumps(r.details))}")
    for answer in episode.interview:
        truth = "did" if answer.did else "did not"
        words = answer.answer[slice(*answer.span)]
        resting = f": {_short(json.dumps(words, ensure_ascii=False), 80)}" if words else ""
        parts.append(
            f"interview, {answer.question} ({answer.stage}): {answer.kind}; it {truth}; {answer.rule}{resting}"
        )
    for asked in episode.consultations:
        said = "gave no usable answer" if asked.arguments is None else _short(json.dumps(asked.arguments), 400)
        parts.append(f"{asked.role} {asked.who}, asked at {asked.time:.1f} s: {said}")
    notes = dict.fromkeys(filter(None, [episode.disclaimer, *(cast.disclaimer for cast in episode.roles.values())]))
    parts += [f"Note: {note}" for note in notes]
    return "\n".join(parts)


def _show_messages(episode: Episode) -> Iterator[str]:
    for message in episode.messages:
        if message.get("reasoning"):
            yield f"[reasoning] {message['reasoning']}"
        if message["content"] or message["role"] != "assistant":
            yield f"[{message['role']}] {message['content']}"
        for call in message.get("tool_calls", ()):
            yield f"[call] {call['function']['name']} {call['function']['arguments']}"


def show_journal(episode: Episode) -> str:
    """Return the journal, one record per line; the episode is replayed for it.

    Raises:
        ReplayError: the replay differs.
    """
    performance = replay(episode)
    calendar = performance.session.company.sim.calendar
    return "\n".join(
        f"#{r.seq:<4} {calendar.clock(r.time)}  {r.actor:<8} {r.verb:<16} {r.object}  {_short(json.dumps(r.details), 400)}"
        for r in performance.session.journal
    )


def _short(text: str, limit: int = 160) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
