"""The variables of a bash session, and its arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from simenv.shell.budget import MAX_VALUE, Budget
from simenv.shell.errors import ExpansionFault, UsageFault

_MAX_VARIABLES = 5_000
_MAX_ELEMENTS = 20_000


class Variables:
    """What names stand for in a session.

    Args:
        variables: name → value to begin with; all of them are exported.

    Attributes:
        variables: all variables that are no arrays; `exported` names those that children inherit; `env` is these.
        arrays: name → index → value, the indices in order.
        readonly: names that may not be set.
        locals: for each function under way, what its ``local`` variables were before.
        budget: what setting a value is paid from.
    """

    STATE: ClassVar[tuple[str, ...]] = ("variables", "exported", "arrays", "readonly")
    SCRATCH: ClassVar[tuple[str, ...]] = ("locals", "budget")
    __slots__ = (*STATE, *SCRATCH)

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = dict(variables)
        self.exported = set(self.variables)
        self.arrays: dict[str, dict[int, str]] = {}
        self.readonly: set[str] = set()
        self.locals: list[dict[str, str | None]] = []
        self.budget = Budget()

    def take_variables(self, other: Variables) -> None:
        """Have what another session has, to be changed apart, and pay from the same budget."""
        self.variables = dict(other.variables)
        self.exported = set(other.exported)
        self.arrays = {name: dict(values) for name, values in other.arrays.items()}
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

    def parameter(self, name: str) -> str | None:
        """Return a variable, or the first element of an array; None if it is not set."""
        value = self.variables.get(name)
        return self.arrays[name].get(0) if value is None and name in self.arrays else value

    def get_value(self, name: str, index: str | None = None) -> str | None:
        """Return a variable, or an element of an array."""
        if index is None:
            return self.parameter(name)
        number = int(index)
        values = self.arrays.get(name)
        if values is None:
            return self.variables.get(name) if number in (0, -1) else None
        return values.get(number if number >= 0 else max(values, default=-1) + 1 + number)

    def set_value(self, name: str, value: str, index: str | None = None) -> None:
        """Set a variable, or an element of an array.

        Raises:
            ExpansionFault: it is read-only, or too big.
        """
        if name in self.readonly:
            raise ExpansionFault(f"{name}: readonly variable")
        if len(value) > MAX_VALUE or len(self.variables) > _MAX_VARIABLES:
            raise ExpansionFault("xrealloc: cannot allocate: value too long")
        self.budget.charge(len(value))
        if index is None and name not in self.arrays:
            self.variables[name] = value
            return
        values = self.arrays.setdefault(name, {})
        if name in self.variables:
            values[0] = self.variables.pop(name)
        number = int(index or 0)
        if number < 0:
            number += max(values, default=-1) + 1
        if number < 0 or len(values) > _MAX_ELEMENTS:
            raise ExpansionFault(f"{name}[{index}]: bad array subscript")
        last = next(reversed(values), -1)
        fresh = number not in values
        values[number] = value
        if fresh and number < last:  # the keys of an array are kept in order
            self.budget.charge(10 * len(values))
            self.arrays[name] = dict(sorted(values.items()))

    def set_array(self, name: str, values: list[str], *, append: bool = False) -> None:
        """Set (or extend) an array.

        Raises:
            ExpansionFault: it is read-only, or too big.
        """
        if name in self.readonly:
            raise ExpansionFault(f"{name}: readonly variable")
        old = self.arrays.get(name, {}) if append else {}
        if append and name in self.variables:
            old = {0: self.variables[name]}
        if len(old) + len(values) > _MAX_ELEMENTS or len(self.arrays) > _MAX_VARIABLES:
            raise ExpansionFault("xrealloc: cannot allocate: value too long")
        self.budget.charge(sum(map(len, values)))
        self.variables.pop(name, None)
        first = next(reversed(old), -1) + 1
        old.update(enumerate(values, start=first))
        self.arrays[name] = old

    def elements(self, name: str) -> list[str]:
        """Return the values of an array; a plain variable is an array of one."""
        values = self.arrays.get(name)
        if values is not None:
            return [values[key] for key in sorted(values)]
        value = self.variables.get(name)
        return [] if value is None else [value]

    def unset(self, name: str) -> None:
        """Forget a variable.

        Raises:
            UsageFault: it is read-only.
        """
        if name in self.readonly:
            raise UsageFault(f"bash: unset: {name}: cannot unset: readonly variable")
        self.variables.pop(name, None)
        self.arrays.pop(name, None)
        self.exported.discard(name)

    def restore(self, name: str, value: str | None) -> None:
        """Give a variable back the value it had before ``local``."""
        self.arrays.pop(name, None)
        if value is None:
            self.variables.pop(name, None)
        else:
            self.variables[name] = value
