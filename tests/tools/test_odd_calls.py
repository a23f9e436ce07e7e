"""Odd calls of tools, at random: each is answered in words, ends, and is kept so that a replay gives the same bytes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import pytest

from simenv.agent.protocol import ToolCall, ToolSchema, Turn
from simenv.episode.guard import interrupting
from simenv.episode.play import EpisodeRun, Provenance, replay
from simenv.installed import world_folders
from simenv.store.episode import parse_episode
from simenv.world.registry import open_world

WORLDS = sorted(world_folders())
LONGEST_S = 30.0
"""Real seconds that one call may take: hundreds of times what one does."""
TEXTS = (
    "", " ", "\n", "\0", "\x1b[2J\x07", "\u202egnp.exe", "\ud800", "é" * 300, "💣", "x" * 70_000, "-", "--", "--help", "-rf /", "*", "~",
    "../" * 200 + "etc/passwd", "/dev/zero", "/proc/self/mem", "'", '"', "$(", "`", "((", "{{ 1 / 0 }}", "{% raw", "%s%n", "nan", "1e999",
    "-1", "0", "999999999999999999999", "2026-02-30", "tomorrow", "a@b", "a@", "@", "a\r\nBcc: x@y.example", "null", "[]", "{}", "<script>",
    "yes | head -c 999999999", ":(){ :|:& };:", "while :; do :; done", "cat /dev/urandom", "sleep 1e12", "rm -rf --no-preserve-root /",
    "kill -9 -1", "sudo shutdown now", "exit 5", "exec bash", "cd /nowhere && ls", "python3 -c 'while True: pass'", "echo {1..99999}", "cat <<X",
)  # fmt: skip
"""Strings with which code goes wrong."""
NUMBERS = (0, -1, 1, 2**31, 2**63, 10**400, -(10**400), 0.1, -0.0, 1e308, 1e-308, math.inf, -math.inf, math.nan)
ODD_TOOLS = ("", "bash ", "Bash", "__init__", "read_file\0", "functions.bash", "../bash", "х", "x" * 5000, "None")


def value(stream: random.Random, depth: int = 0) -> object:
    """Return a value of any type that JSON has."""
    kinds: Sequence[Callable[[], object]] = (
        lambda: stream.choice(TEXTS),
        lambda: "".join(stream.choice(TEXTS) for _ in range(3)),
        lambda: "".join(chr(stream.randrange(1, 0x300)) for _ in range(stream.randrange(40))),
        lambda: stream.choice(NUMBERS),
        lambda: stream.choice((None, True, False)),
        lambda: [value(stream, depth + 1) for _ in range(stream.randrange(4))],
        lambda: {stream.choice(TEXTS): value(stream, depth + 1) for _ in range(stream.randrange(4))},
    )
    return stream.choice(kinds if depth < 4 else kinds[:5])()


def arguments(stream: random.Random, tool: ToolSchema) -> dict[str, object] | str:
    """Return arguments of a tool: right names with odd values, some missing, some too many; or text that is no JSON."""
    if stream.random() < 0.1:
        return stream.choice((*TEXTS, '{"command": ', "[" * 5000, '{"command": "ls"} trailing', "{'command': 'ls'}"))
    given = {name: value(stream) for name in tool.parameters.get("properties", {}) if stream.random() < 0.9}
    for name, schema in tool.parameters.get("properties", {}).items():
        if name in given and stream.random() < 0.6:  # of the right type, so that it gets further in
            given[name] = stream.choice(NUMBERS if schema.get("type") in ("number", "integer") else TEXTS)
    return given | ({stream.choice(TEXTS): value(stream)} if stream.random() < 0.1 else {})


def odd_call(stream: random.Random, tools: Sequence[ToolSchema]) -> ToolCall:
    """Return a call of one of the tools, or of one that there is not."""
    tool = stream.choice(tools)
    name = stream.choice(ODD_TOOLS) if stream.random() < 0.05 else tool.name
    return ToolCall(name, arguments(stream, tool), stream.choice(("", "1", "\0", "x" * 300)))


def try_calls(world: str, seeds: range, calls: int) -> int:
    """Make odd calls in episodes of a world, a few a turn; return how many were made."""
    made = 0
    folder = open_world(world)
    for seed in seeds:
        stream = random.Random(f"{world} {seed}")
        condition = stream.choice(list(folder.grid()))
        episode_run = EpisodeRun(folder.scenario(condition, {"turns": 10_000.0}), seed)
        tools = [tool for tool in episode_run.session.briefing.tools if "submit" not in tool.name]
        of_this = 0
        while of_this < calls and not episode_run.observation.done:
            turn = Turn(stream.choice(TEXTS), tuple(odd_call(stream, tools) for _ in range(stream.randrange(1, 4))))
            with interrupting(LONGEST_S, LONGEST_S):
                episode_run.take(turn)
            assert all(isinstance(result.text, str) for result in episode_run.observation.results), turn
            of_this += len(turn.calls)
        made += of_this
        with interrupting(LONGEST_S, LONGEST_S):
            episode = episode_run.finish(Provenance("odd"))
        replay(parse_episode(episode.to_json(), "memory"))
    return made


@pytest.mark.timeout(120)
@pytest.mark.parametrize("world", WORLDS)
def test_forty_odd_calls_in_each_world(world: str) -> None:
    assert try_calls(world, range(4), 10) > 10


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("world", WORLDS)
def test_a_thousand_odd_calls_in_each_world(world: str) -> None:
    made, seed = 0, 1000
    while made < 1000:
        made += try_calls(world, range(seed, seed + 10), 40)
        seed += 10
