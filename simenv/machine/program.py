"""Built-in programs, as a machine sees them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias

Program: TypeAlias = Callable[[Any], int | Generator[float, None, int]]
"""A built-in program: takes its call (from the shell: an `Invocation`), returns its exit code, and may take time.

A machine only holds the table of programs; the shell that runs them defines the form of a call.
"""
