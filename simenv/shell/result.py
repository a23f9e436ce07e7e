"""What executing something gives."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias

Result: TypeAlias = int | Generator[float, None, int]
"""An exit code, or, if it may take time, a generator that yields the seconds that it waits and returns one."""
