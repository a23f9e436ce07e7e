"""Tools in plain text, for models and servers that know no tool calls."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from simenv.agent.protocol import ToolSchema
from simenv.agent.transcript import Message

_BLOCK = re.compile(r"^[ \t]*```[ \t]*tool[ \t]*\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r'"name"\s*:\s*"([^"\\]{1,80})"')
_FORM = """\
You have the tools below. To use one, write a block like this one; nothing else is a tool call:

```tool
{"name": "TOOL", "arguments": {"PARAMETER": VALUE}}
```

Write several blocks to use several tools, one after the other. The results come in the next message.

Tools:
"""


def instructions(tools: Sequence[ToolSchema]) -> str:
    """Return what a model is told about its tools."""
    return _FORM + "\n".join(
        f"\n{tool.name}: {tool.description}\nparameters: {json.dumps(tool.parameters, ensure_ascii=False)}"
        for tool in tools
    )


def as_text(messages: Sequence[Message], told: str) -> list[Message]:
    """Return a conversation with calls and results as text, and the tools told in the system message.

    Messages of one role in a row become one: many chat templates take no others.

    Args:
        messages: as the endpoint would take them.
        told: what `instructions` says; empty if there are no tools.
    """
    plain: list[Message] = [{"role": "system", "content": told}] if told else []
    names: dict[str, str] = {}
    for message in messages:
        role, text = message["role"], message.get("content") or ""
        if role == "assistant":
            calls = message.get("tool_calls", ())
            names |= {call["id"]: call["function"]["name"] for call in calls}
            text = "\n\n".join(filter(None, (text, *(_block(call["function"]) for call in calls))))
        elif role == "tool":
            role, text = "user", f"Result of {names.get(message['tool_call_id'], 'the tool')}:\n{text}"
        if plain and plain[-1]["role"] == role:
            joined = (text, plain[-1]["content"]) if role == "system" else (plain[-1]["content"], text)
            plain[-1] = {"role": role, "content": "\n\n".join(filter(None, joined))}
        else:
            plain.append({"role": role, "content": text})
    return plain


def read_calls(text: str) -> tuple[str, list[tuple[str, str]]]:
    r"""Return what was said beside the calls, and the calls: (tool, arguments as JSON text, or what stands for them).

    A block whose JSON is broken is a call all the same if it names a tool: the simulator then says what is wrong with it.

    >>> read_calls('I look.\n```tool\n{"name": "bash", "arguments": {"command": "ls"}}\n```')
    ('I look.', [('bash', '{"command": "ls"}')])
    >>> read_calls("```python\nprint(1)\n```")
    ('```python\nprint(1)\n```', [])
    """
    calls = [call for block in _BLOCK.findall(text) if (call := _call(block)) is not None]
    return (_BLOCK.sub("", text).strip() if calls else text), calls


def _call(block: str) -> tuple[str, str] | None:
    try:
        data = json.loads(block)
    except (ValueError, RecursionError):
        named = _NAME.search(block)
        return None if named is None else (named[1], block.strip())
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        return None
    arguments = data.get("arguments", {})
    return data["name"], arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _block(function: Mapping[str, Any]) -> str:
    try:
        arguments = json.loads(function["arguments"] or "{}")
    except (ValueError, RecursionError):
        arguments = function["arguments"]
    return f"```tool\n{json.dumps({'name': function['name'], 'arguments': arguments}, ensure_ascii=False)}\n```"
