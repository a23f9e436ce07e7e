"""The variables of a bash session: values, arrays, attributes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple, TypeAlias

from simenv.shell.budget import MAX_VALUE, Budget
from simenv.shell.errors import ExpansionFault, UsageFault

_MAX_VARIABLES = 5_000
_MAX_ELEMENTS = 20_000
_BUCKETS = 1024
_TOO_LONG = "xrealloc: cannot allocate: value too long"

Array: TypeAlias = "dict[int | str, str]"


class Saved(NamedTuple):
    """All that a name stood for, to be put back."""

    value: str | None
    array: Array | None
    attributes: str
    exported: bool


class Variables(ABC):
    """What names stand for in a session.

    Args:
        variables: name → value to begin with; all of them are exported.

    Attributes:
        variables: all variables that are no arrays; `exported` names those that children inherit; `env` is these.
        arrays: name → index → value; the indices are numbers in order, or texts in the order in which bash lists them.
        attributes: name → letters of `declare`: ``i`` integer, ``l`` ``u`` lower and upper case, ``A`` associative, ``n``
            another name's value.
        readonly: names that may not be set.
        locals: for each function under way, what its ``local`` variables were before.
        budget: what setting a value is paid from.
    """

    STATE: ClassVar[tuple[str, ...]] = ("variables", "exported", "arrays", "attributes", "readonly")
    SCRATCH: ClassVar[tuple[str, ...]] = ("locals", "budget")
    __slots__ = (*STATE, *SCRATCH)

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = dict(variables)
        self.exported = set(self.variables)
        self.arrays: dict[str, Array] = {}
        self.attributes: dict[str, str] = {}
        self.readonly: set[str] = set()
        self.locals: list[dict[str, Saved]] = []
        self.budget = Budget()

    def take_variables(self, other: Variables) -> None:
        """Have what another session has, to be changed apart, and pay from the same budget."""
        self.variables = dict(other.variables)
        self.exported = set(other.exported)
        self.arrays = {name: dict(values) for name, values in other.arrays.items()}
        self.attributes = dict(other.attributes)
        self.readonly = set(other.readonly)
        self.locals = list(other.locals)
        self.budget = other.budget

    @property
    def env(self) -> dict[str, str]:
        """The exported variables."""
        return {name: value for name, value in self.variables.items() if name in self.exported}

    def separators(self) -> str:
        """Return IFS."""
        return self.variables.get("IFS", " \t\n")

    def is_strict(self) -> bool:
        """Return whether a variable that is not set is an error (``set -u``)."""
        return False

    @abstractmethod
    def evaluated(self, text: str) -> int:
        """Return the value of an arithmetic expression. Raises ExpansionFault."""

    def is_associative(self, name: str) -> bool:
        """Return whether an array's indices are texts."""
        return "A" in self.attributes.get(name, "")

    def target(self, name: str) -> str:
        """Return the name that a name reference leads to; other names themselves.

        Raises:
            ExpansionFault: it leads to itself.
        """
        for _ in range(10):
            if "n" not in self.attributes.get(name, ""):
                return name
            name = self.variables.get(name) or name
        raise ExpansionFault(f"{name}: circular name reference")

    def subscript(self, name: str, text: str) -> str:
        """Return the index that the text between square brackets means. Raises ExpansionFault."""
        if self.attributes:
            name = self.target(name)
        return text if self.is_associative(name) else str(self.evaluated(text))

    def parameter(self, name: str) -> str | None:
        """Return a variable, or the first element of an array; None if it is not set."""
        if name in self.attributes:
            name = self.target(name)
        value = self.variables.get(name)
        if value is None and name in self.arrays:
            return self.arrays[name].get("0" if self.is_associative(name) else 0)
        return value

    def get_value(self, name: str, index: str | None = None) -> str | None:
        """Return a variable, or an element of an array."""
        if index is None:
            return self.parameter(name)
        if self.attributes:
            name = self.target(name)
        values = self.arrays.get(name)
        if self.is_associative(name):
            return None if values is None else values.get(index)
        number = int(index)
        if values is None:
            return self.parameter(name) if number in (0, -1) else None
        return values.get(number if number >= 0 else _last(values) + 1 + number)

    def appended(self, name: str, value: str, index: str | None = None) -> str:
        """Return what ``name+=value`` sets: the sum of integers, else both texts. Raises ExpansionFault."""
        old = self.get_value(name, index) or ""
        return (
            str(self.evaluated(f"{old or 0}+({value or 0})")) if "i" in self.attributes.get(name, "") else old + value
        )

    def _converted(self, name: str, value: str) -> str:
        letters = self.attributes[name]
        value = str(self.evaluated(value)) if "i" in letters else value
        if "l" in letters:
            return value.lower()
        return value.upper() if "u" in letters else value

    def set_value(self, name: str, value: str, index: str | None = None) -> None:
        """Set a variable, or an element of an array.

        Raises:
            ExpansionFault: it is read-only, or too big.
        """
        if self.attributes:
            name = self.target(name)
            if name in self.attributes:
                value = self._converted(name, value)
        if name in self.readonly:
            raise ExpansionFault(f"{name}: readonly variable")
        if len(value) > MAX_VALUE or len(self.variables) > _MAX_VARIABLES:
            raise ExpansionFault(_TOO_LONG)
        self.budget.charge(len(value))
        if index is None and name not in self.arrays:
            self.variables[name] = value
        else:
            self._set_element(name, value, index)

    def _set_element(self, name: str, value: str, index: str | None) -> None:
        values = self.arrays.setdefault(name, {})
        if name in self.variables:
            values[0] = self.variables.pop(name)
        if len(values) > _MAX_ELEMENTS:
            raise ExpansionFault(f"{name}[{index}]: bad array subscript")
        if self.is_associative(name):
            self._insert(name, values, index or "0", value, _bucket)
            return
        number = int(index or 0)
        if number < 0:
            number += _last(values) + 1
        if number < 0:
            raise ExpansionFault(f"{name}[{index}]: bad array subscript")
        self._insert(name, values, number, value, None)

    def _insert(
        self, name: str, values: Array, key: int | str, value: str, order: Callable[[int | str], int] | None
    ) -> None:
        """Set an element; the keys of an array are kept in order."""
        last = next(reversed(values), None)
        fresh = key not in values
        values[key] = value
        if fresh and last is not None and (order is not None or key < last):  # type: ignore[operator]
            self.budget.charge(10 * len(values))
            # of two keys with one hash, bash lists the later one first
            items = reversed(values.items()) if order is not None else values.items()
            self.arrays[name] = dict(sorted(items, key=lambda item: item[0] if order is None else order(item[0])))

    def set_array(
        self, name: str, values: Sequence[str | tuple[str | None, str]], *, append: bool = False, force: bool = False
    ) -> None:
        """Set (or extend) an array from values, or pairs of an index (None: the next) and a value.

        Raises:
            ExpansionFault: it is read-only (and not to be set by `force`), or too big.
        """
        if self.attributes:
            name = self.target(name)
        if name in self.readonly and not force:
            raise ExpansionFault(f"{name}: readonly variable")
        old: Array = self.arrays.get(name, {}) if append else {}
        if append and name in self.variables:
            old = {0: self.variables[name]}
        if len(old) + len(values) > _MAX_ELEMENTS or len(self.arrays) > _MAX_VARIABLES:
            raise ExpansionFault(_TOO_LONG)
        pairs = [(None, value) if isinstance(value, str) else value for value in values]
        if name in self.attributes:
            pairs = [(index, self._converted(name, value)) for index, value in pairs]
        self.budget.charge(sum(len(value) for _, value in pairs))
        self.variables.pop(name, None)
        self.arrays[name] = _hashed(old, pairs) if self.is_associative(name) else _numbered(old, pairs)

    def elements(self, name: str) -> list[str]:
        """Return the values of an array; a plain variable is an array of one."""
        if self.attributes:
            name = self.target(name)
        values = self.arrays.get(name)
        if values is not None:
            return list(values.values())
        value = self.parameter(name)
        return [] if value is None else [value]

    def keys(self, name: str) -> list[str]:
        """Return the indices of an array; that of a plain variable is 0."""
        if self.attributes:
            name = self.target(name)
        values = self.arrays.get(name)
        if values is not None:
            return [str(key) for key in values]
        return [] if self.parameter(name) is None else ["0"]

    def unset(self, name: str) -> None:
        """Forget a variable.

        Raises:
            UsageFault: it is read-only.
        """
        if name in self.readonly:
            raise UsageFault(f"bash: unset: {name}: cannot unset: readonly variable")
        self.variables.pop(name, None)
        self.arrays.pop(name, None)
        self.attributes.pop(name, None)
        self.exported.discard(name)

    def unset_element(self, name: str, index: str) -> None:
        """Forget an element of an array; ``@`` and ``*`` are all of them."""
        name = self.target(name)
        values = self.arrays.get(name, {})
        if index in ("@", "*"):
            self.unset(name)
        elif self.is_associative(name):
            values.pop(index, None)
        else:
            number = self.evaluated(index)
            values.pop(number if number >= 0 else _last(values) + 1 + number, None)

    def save(self, name: str) -> Saved:
        """Return all that a name stands for."""
        array = self.arrays.get(name)
        kept = None if array is None else dict(array)
        return Saved(self.variables.get(name), kept, self.attributes.get(name, ""), name in self.exported)

    def restore(self, name: str, saved: Saved) -> None:
        """Give a name back what it stood for."""
        self.arrays.pop(name, None)
        self.variables.pop(name, None)
        self.attributes.pop(name, None)
        self.exported.discard(name)
        if saved.value is not None:
            self.variables[name] = saved.value
        if saved.array is not None:
            self.arrays[name] = saved.array
        if saved.attributes:
            self.attributes[name] = saved.attributes
        if saved.exported:
            self.exported.add(name)


def _last(values: Array) -> int:
    return int(next(reversed(values), -1))


def _numbered(values: Array, pairs: Iterable[tuple[str | None, str]]) -> Array:
    following = _last(values) + 1
    in_order = True
    for index, value in pairs:
        number = following if index is None else int(index)
        in_order = in_order and number >= following
        if number < 0:
            number += max(map(int, values), default=-1) + 1
        if number < 0:
            raise ExpansionFault(f"{index}: bad array subscript")
        values[number] = value
        following = number + 1
    return values if in_order else dict(sorted(values.items(), key=lambda item: int(item[0])))


def _hashed(values: Array, pairs: Sequence[tuple[str | None, str]]) -> Array:
    if pairs and all(index is None for index, _ in pairs):  # key, value, key, value …
        texts = [value for _, value in pairs] + [""]
        pairs = list(zip(texts[0:-1:2], texts[1::2], strict=False))
    for index, value in pairs:
        if index is not None:
            values.setdefault(index, "")
            values[index] = value
    newest_first = list(values.items())[::-1]
    return dict(sorted(newest_first, key=lambda item: _bucket(item[0])))


def _bucket(key: int | str) -> int:
    """Return where bash's table has a key: FNV-1 with 32 bits."""
    code = 2166136261
    for byte in str(key).encode():
        code = (code * 16777619 & 0xFFFFFFFF) ^ byte
    return code % _BUCKETS
