"""What an agent was shown: texts, some of which nobody has had to write out yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeAlias, overload, runtime_checkable


@runtime_checkable
class LazyText(Protocol):
    """Text that is written out when `str` is called on it; it always says the same."""

    def __str__(self) -> str: ...

    def mentions(self, words: str) -> bool:
        """Return whether the text holds `words`, which a world's author wrote as they stand (not in a placeholder)."""


AnyText: TypeAlias = str | LazyText


class AgentView(Sequence[str]):
    """All that an agent was shown, in order; reading an item writes it out."""

    SCRATCH = ("_texts",)
    __slots__ = (*SCRATCH,)

    def __init__(self) -> None:
        self._texts: list[AnyText] = []

    def copy_into(self, copy: Any) -> AgentView:
        """Return a view of the same texts, which always say the same."""
        twin = AgentView()
        copy.take(self, twin)
        twin._texts = list(self._texts)
        return twin

    def add(self, text: AnyText) -> None:
        """Append a text."""
        self._texts.append(text)

    def mentioning(self, words: str) -> Iterator[str]:
        """Yield the texts that hold `words`, in order; the others need not be written out."""
        for text in self._texts:
            if words in text if isinstance(text, str) else text.mentions(words):
                yield str(text)

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        return [str(text) for text in self._texts[index]] if isinstance(index, slice) else str(self._texts[index])
