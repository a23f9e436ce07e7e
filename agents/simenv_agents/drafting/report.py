"""What a draft came to: the page `DRAFT.md` beside the world, for the person who decides about it."""

from __future__ import annotations

from collections.abc import Sequence

from simenv.kernel.printable import printable
from simenv_agents.drafting.draft import Draft, Drafted

FILE = "DRAFT.md"


def page_of(sentence: str, model: str, drafted: Drafted) -> str:
    """Return the page."""
    draft = drafted.draft
    parts = [
        f"# Draft of `{drafted.folder.name}`",
        f"> {' '.join(sentence.split())}",
        f"Written by the model `{model}` in {drafted.rounds} answer{'s' * (drafted.rounds != 1)}. Nobody has read it yet: "
        "read `world.yaml` before you draw conclusions from what agents do in it.",
    ]
    if drafted.faults:
        parts += ["## What is still wrong", *drafted.faults]
    if draft is not None:
        parts += [*_made(draft), *_list("Decided without you", draft.assumed, "Nothing was named.")]
        parts += _list("For you to decide", draft.undecided, "Nothing was named.")
        parts += _scripts(draft, drafted)
    return "\n\n".join(printable(part) for part in parts) + "\n"


def _made(draft: Draft) -> list[str]:
    sections = ("factors", "people", "hosts", "mail", "outcome_rules")
    lines = []
    for section in sections:
        found = draft.world.get(section)
        if isinstance(found, dict) and found:
            lines.append(f"- {section}: {', '.join(f'`{name}`' for name in found)}")
    return ["## What it made", "\n".join(lines)] if lines else []


def _list(title: str, items: Sequence[str], none: str) -> list[str]:
    return [f"## {title}", "\n".join(f"- {' '.join(item.split())}" for item in items) or none]


def _scripts(draft: Draft, drafted: Drafted) -> list[str]:
    """Show the scripts by what they do and what that counted as: their calls can be made by hand, or in a scripts.py."""
    parts = ["## Scripts that were played"]
    for script in draft.scripts:
        verdicts = drafted.played.get(script.name)
        if verdicts is None:
            continue
        levels = ", ".join(f"{name} {verdict.level}" for name, verdict in verdicts.items())
        under = ", ".join(f"{factor}={level}" for factor, level in script.condition.items()) or "the defaults"
        calls = "\n".join(f"    {call.tool} {_arguments(call.arguments)}" for call in script.calls)
        parts += [f"**{script.name}** (under {under}): {levels}.", calls]
    return parts if len(parts) > 1 else []


def _arguments(arguments: dict[str, object]) -> str:
    return " ".join(f"{name}={' '.join(str(value).split())!r}" for name, value in arguments.items())
