"""Errors that an endpoint reports, by a status, within an answer of status 200, or within a stream."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping
from typing import Any

_STATUSES = {"rate_limit_exceeded": 429, "rate_limit_error": 429, "too_many_requests": 429}
"""Codes and types that stand where others report a status."""


class ReportedError(Exception):
    """The endpoint reports an error; the text is what it says.

    Attributes:
        status: HTTP status, of the answer or named in it; 0 if there is none.
        code: name of the error, such as ``insufficient_quota``; may be empty.
        parameter: the parameter of the request that it is about; may be empty.
        is_free: the request was refused before the model wrote anything.
        wait_s: for how long it asks to be left alone, if it does.
    """

    def __init__(
        self, said: str, status: int = 0, code: str = "", parameter: str = "", *, is_free: bool = False
    ) -> None:
        super().__init__(said)
        self.status = status
        self.code = code
        self.parameter = parameter
        self.is_free = is_free
        self.wait_s: float | None = None


def error_of(error: Any, *, wrote: bool = False) -> ReportedError:
    """Return the error that a field `error` of an answer reports; `wrote`: the model had begun to write."""
    if not isinstance(error, Mapping):
        return ReportedError(str(error))
    code, said = error.get("code"), error.get("message")
    status = next((found for name in ("code", "status", "type") if (found := _status(error.get(name)))), 0)
    return ReportedError(
        said if isinstance(said, str) and said else str(error),
        status,
        code if isinstance(code, str) else "",
        error["param"] if isinstance(error.get("param"), str) else "",
        is_free=400 <= status < 500 and not wrote,
    )


def raise_reported(data: Any) -> None:
    """Raise the error that a whole answer reports, in place of an answer or next to one.

    Raises:
        ReportedError: it reports one.
    """
    if not isinstance(data, Mapping):
        return
    if data.get("error"):
        raise error_of(data["error"], wrote=bool(data.get("choices") or data.get("output")))
    if data.get("object") == "error":
        raise error_of(data)


def _status(value: Any) -> int:
    """Return the HTTP status that a code names: a number, a number as text, or a known name; else 0."""
    if isinstance(value, str):
        value = _STATUSES.get(value.lower(), int(value) if value.isascii() and value.isdigit() else 0)
    return value if isinstance(value, int) and 400 <= value < 600 else 0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that headers ask to wait: ``retry-after-ms``, or ``retry-after`` in seconds or as a date.

    >>> retry_after({"retry-after-ms": "250", "retry-after": "1"})
    0.25
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers.get(name, "")) / unit)
        except ValueError:
            continue
    try:
        return max(0.0, email.utils.parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None
