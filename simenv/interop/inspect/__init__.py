"""Every installed world as a task of Inspect (extra `inspect`).

Raises:
    MissingExtra: inspect_ai is not installed.
"""

from simenv.errors import MissingExtra

try:
    import inspect_ai  # noqa: F401 - an extra
except ImportError:
    raise MissingExtra("inspect_ai", "inspect") from None
