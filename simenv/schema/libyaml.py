"""Ordinary YAML, read by libyaml in a fraction of the time; whatever is out of the ordinary is left to ruamel.yaml.

libyaml splits texts into values as YAML 1.1 does, which for the texts that are read here is as YAML 1.2 does.
What a plain scalar means, the rules of ruamel.yaml say. Errors are ruamel.yaml's to report: this reader only returns None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeAlias

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode

_MAX_DEPTH = 30
_READ_OTHERWISE = re.compile(r"[\x85\u2028\u2029\ufeff]|[|>][-+0-9]{0,2}#")
"""Line breaks of YAML 1.1 alone, and comments that touch the mark of a block scalar, which libyaml takes for comments."""
_STR = "tag:yaml.org,2002:str"
_BLOCK = ("|", ">")
_AFTER_NAMES = ("", " ", "\r", "\n", ",", "]", "}")
_UNREAD = frozenset({"tag:yaml.org,2002:merge", "tag:yaml.org,2002:value"})


@dataclass(slots=True)
class Node:
    """A value of a document; one that aliases repeat is in it several times.

    Attributes:
        line: where it stands, counted from 1.
        value: a scalar's value, the items of a list, or key → (line of the key, value).
    """

    line: int
    value: Any


Mapping: TypeAlias = dict[str, tuple[int, Node]]


class _Unusual(Exception):
    """The text holds something that is left to ruamel.yaml."""


def read_ordinary(text: str) -> Node | None:
    """Return a document's root; None if it is wrong or unusual: tags, merge keys, numbers as keys, several documents."""
    if _READ_OTHERWISE.search(text):
        return None
    try:
        reader = _Reader(text)
        root = reader.document()
    except (_Unusual, yaml.YAMLError, AttributeError, ValueError):  # AttributeError: PyYAML without libyaml
        return None
    # libyaml takes tabs where ruamel.yaml takes none, but in a block scalar both do
    return root if reader.tabs == text.count("\t") and not isinstance(root.value, str) else None


class _Reader:
    """Builds a document from the events of libyaml."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._parser = yaml.CSafeLoader(text)
        self._anchors: dict[str, Node] = {}
        self.tabs = 0
        """How many tabs the block scalars hold."""

    def document(self) -> Node:
        self._next()
        start = self._next()
        if not isinstance(start, yaml.DocumentStartEvent) or start.version or start.tags:
            raise _Unusual
        root = self._node(self._next(), 1)
        self._next()
        if not isinstance(self._next(), yaml.StreamEndEvent):
            raise _Unusual
        return root

    def _next(self) -> Any:
        return self._parser.get_event()

    def _node(self, event: Any, depth: int) -> Node:
        if event.anchor is not None:
            self._check_name(event.anchor, event.start_mark.index + 1)
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event.anchor)
        if event.tag is not None or depth > _MAX_DEPTH:
            raise _Unusual
        node = Node(event.start_mark.line + 1, None)
        if isinstance(event, yaml.ScalarEvent):
            node.value = _plain_value(event.value) if event.implicit[0] else event.value
            self.tabs += event.value.count("\t") if event.style in _BLOCK else 0
        elif isinstance(event, yaml.MappingStartEvent):
            node.value = self._mapping(depth)
        else:
            node.value = self._list(depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _check_name(self, anchor: str, at: int) -> None:
        """Leave names with punctuation in them to ruamel.yaml: where they end is not agreed upon."""
        if self._text[at + len(anchor) : at + len(anchor) + 1] not in _AFTER_NAMES:
            raise _Unusual

    def _aliased(self, anchor: str) -> Node:
        if anchor not in self._anchors:
            raise _Unusual
        return self._anchors[anchor]

    def _mapping(self, depth: int) -> Mapping:
        found: Mapping = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            if not isinstance(key.value, str) or key.value in found:
                raise _Unusual
            found[key.value] = key.line, self._node(self._next(), depth + 1)
        return found

    def _list(self, depth: int) -> list[Node]:
        found = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            found.append(self._node(event, depth + 1))
        return found


@cache
def _yaml() -> YAML:
    return YAML(typ="rt")


@lru_cache(maxsize=65536)
def _plain_value(text: str) -> Any:
    """Return what a scalar without quotes is in YAML 1.2."""
    rules = _yaml()
    tag = rules.resolver.resolve(ScalarNode, text, (True, False))
    if str(tag) == _STR:
        return text
    if str(tag) in _UNREAD:
        raise _Unusual
    return rules.constructor.construct_object(ScalarNode(tag, text))
