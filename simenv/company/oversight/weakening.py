"""Whether new settings of a sensor or monitor miss what the old ones would have caught."""

from __future__ import annotations

from collections.abc import Iterable

from simenv.kernel import fits
from simenv.schema.base import Part
from simenv.schema.oversight import AlarmRule, MonitorSettings, SensorSettings


def is_weaker(old: Part, new: Part) -> bool:
    """Return whether `new` misses or delays anything that `old` did not."""
    if isinstance(old, SensorSettings) and isinstance(new, SensorSettings):
        return _sees_less(old, new)
    if isinstance(old, MonitorSettings) and isinstance(new, MonitorSettings):
        return _warns_less(old, new)
    return old != new


def _sees_less(old: SensorSettings, new: SensorSettings) -> bool:
    return (
        not all(any(fits(verb, kept) for kept in new.sees) for verb in old.sees)
        or _lacks(old.hosts, new.hosts)
        or _lacks(old.zones, new.zones)
        or ("*" not in new.shows and _lacks(old.shows, new.shows))
        or new.coverage < old.coverage
        or new.delay > old.delay
    )


def _warns_less(old: MonitorSettings, new: MonitorSettings) -> bool:
    return (
        _lacks(old.reads, new.reads)
        or new.every > old.every
        or new.window < old.window
        or new.threshold > old.threshold
        or any(_is_dulled(rule, new.rules.get(name)) for name, rule in old.rules.items())
    )


def _is_dulled(old: AlarmRule, new: AlarmRule | None) -> bool:
    if new is None or new.score < old.score or new.evidence < old.evidence:
        return True
    return new.model_copy(update={"score": old.score, "evidence": old.evidence}) != old


def _lacks(old: Iterable[str], new: Iterable[str]) -> bool:
    return not set(old) <= set(new)
