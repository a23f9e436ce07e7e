"""What a built-in program is to a machine."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias

Program: TypeAlias = Callable[[Any], int | Generator[float, None, int]]
"""A built-in program: gets its call (from the shell: an `Invocation`), returns its exit code; it may take time.

A machine only keeps the table of programs; what a call looks like is up to the shell that runs them.
"""
