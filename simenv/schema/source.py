"""A YAML document together with the line on which each of its fields stands."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import YAMLError
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scalarbool import ScalarBoolean

from simenv.errors import Problem, WorldError
from simenv.schema.libyaml import Node, read_ordinary

Location: TypeAlias = tuple[str | int, ...]
"""Keys and positions from the document's root to a field."""

_MAX_BYTES = 4_000_000
_MAX_DEPTH = 40
_MAX_FIELDS = 200_000


@dataclass(frozen=True, slots=True)
class Source:
    """A document as plain data, and where each field stands in its file.

    Attributes:
        file: name to show in errors.
        document: plain dicts, lists, strings and numbers.
        lines: location → line number, counted from 1; empty if the document did not come from YAML.
    """

    file: str
    document: Any
    lines: dict[Location, int]

    def line(self, location: Location) -> int | None:
        """Return the line of a field, or of the nearest part around it that has one."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location)


def read_yaml(path: Path) -> Source:
    """Read a YAML 1.2 file.

    Raises:
        WorldError: it cannot be read, is not YAML, repeats a key, or nests too deep.
    """
    file = str(path)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except FileNotFoundError:
        raise _wrong(file, None, "no such file", "create it, or check the path") from None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _wrong(file, line, "not UTF-8 text", "save the file as UTF-8") from None
    except OSError as error:
        raise _wrong(file, None, f"cannot be read ({error.strerror})", "check the path and its permissions") from None
    return parse_yaml(text, file)


def parse_yaml(text: str, file: str) -> Source:
    """Parse YAML 1.2 text; `file` is the name to show in errors. Raises as `read_yaml` does."""
    if len(text) > _MAX_BYTES:
        raise _wrong(file, None, "larger than 4 MB", "split the world, or generate long files in processes.py")
    lines: dict[Location, int] = {(): 1}
    root = read_ordinary(text)
    if root is not None:
        return Source(file, _value_of(root, (), lines, file), lines)
    return Source(file, _plain(_tree(text, file), (), lines, file), lines)


def _value_of(node: Node, at: Location, lines: dict[Location, int], file: str) -> Any:
    _check_count(at, lines, file)
    value = node.value
    if isinstance(value, dict):
        lines |= {(*at, key): line for key, (line, _) in value.items()}
        return {key: _value_of(part, (*at, key), lines, file) for key, (_, part) in value.items()}
    if isinstance(value, list):
        lines |= {(*at, index): part.line for index, part in enumerate(value)}
        return [_value_of(part, (*at, index), lines, file) for index, part in enumerate(value)]
    return _scalar(value)


def _check_count(at: Location, lines: dict[Location, int], file: str) -> None:
    if len(lines) > _MAX_FIELDS:
        raise _wrong(file, lines.get(at), f"more than {_MAX_FIELDS} fields", "check for aliases (*name) that multiply")


def _tree(text: str, file: str) -> Any:
    """Return a document as ruamel.yaml reads it, which takes some 0.1 ms a line, and says what is wrong."""
    reader = YAML(typ="rt")
    reader.max_depth = _MAX_DEPTH  # long before Python's own stack ends, which it may do anywhere, destructors included
    try:
        return reader.load(io.StringIO(text))
    except MaxDepthExceededError as error:
        raise _too_deep(file, error.problem_mark.line + 1) from None
    except ReaderError as error:
        line = text[: error.position].count("\n") + 1
        what = f"not YAML: the character U+{ord(text[error.position]):04X} is not allowed"
        raise _wrong(file, line, what, "remove it, or escape it in double quotes") from None
    except YAMLError as error:
        raise _not_yaml(file, error) from None
    except ValueError as error:
        raise _wrong(file, None, f"not YAML ({error})", "check the syntax in an editor with YAML support") from None


def _too_deep(file: str, line: int | None) -> WorldError:
    return _wrong(file, line, "nested too deep", f"keep it under {_MAX_DEPTH} levels")


def _not_yaml(file: str, error: YAMLError) -> WorldError:
    mark = getattr(error, "problem_mark", None)
    what = " ".join(str(part) for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part)
    line = None if mark is None else mark.line + 1
    if "duplicate key" in what:
        return _wrong(file, line, what.split(" with value")[0], "keep one of the two")
    return _wrong(file, line, f"not YAML: {what or error}", "check indentation, quotes and colons on this line")


def _wrong(file: str, line: int | None, message: str, remedy: str) -> WorldError:
    return WorldError([Problem(file, line, "", message, remedy)])


def _plain(node: Any, at: Location, lines: dict[Location, int], file: str) -> Any:
    if len(at) > _MAX_DEPTH:
        raise _too_deep(file, lines.get(at))
    _check_count(at, lines, file)
    if getattr(getattr(node, "tag", None), "value", None) is not None:
        raise _wrong(file, lines.get(at), f"the tag {node.tag.value} is not accepted here", "write a plain value")
    if isinstance(node, CommentedMap):
        plain: dict[str, Any] = {}
        for key in node:
            place = (*at, str(key))
            lines[place] = node.lc.key(key)[0] + 1
            plain[str(key)] = _plain(node[key], place, lines, file)
        return plain
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            lines[(*at, index)] = node.lc.item(index)[0] + 1
        return [_plain(item, (*at, index), lines, file) for index, item in enumerate(node)]
    return _scalar(node)


def _scalar(node: Any) -> Any:
    if isinstance(node, ScalarBoolean):  # a bool with an anchor, to ruamel.yaml an int
        return bool(node)
    for kind in (bool, str, int, float):
        if isinstance(node, kind):
            return kind(node)
    return node
