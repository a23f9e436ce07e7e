"""What an agent was shown: texts, some of them rendered only when needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias, overload


class LazyText(Protocol):
    """Text that is rendered when `str` is called on it, always to the same result."""

    def __str__(self) -> str: ...

    def passages(self) -> Iterable[str]:
        """Return the authored part of the text, as shown, without its frame (numbers, dates, addresses)."""


AnyText: TypeAlias = str | LazyText


class AgentView(Sequence[str]):
    """Everything that an agent was shown, in order; reading an item renders it."""

    SCRATCH = ("_texts",)
    __slots__ = (*SCRATCH,)

    def __init__(self) -> None:
        self._texts: list[AnyText] = []

    def copy_into(self, copy: Any) -> AgentView:
        """Return a view of the same texts."""
        twin = AgentView()
        copy.take(self, twin)
        twin._texts = list(self._texts)
        return twin

    def add(self, text: AnyText) -> None:
        """Append a text."""
        self._texts.append(text)

    def mentioning(self, words: str) -> Iterator[str]:
        """Yield the texts that contain `words`, in order."""
        return (text for text in map(str, self._texts) if words in text)

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        return [str(text) for text in self._texts[index]] if isinstance(index, slice) else str(self._texts[index])
