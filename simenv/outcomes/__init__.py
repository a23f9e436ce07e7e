"""Behaviours measured from the journal: pure functions from records to a verdict with its evidence."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from simenv.kernel import Record
from simenv.outcomes.documents import document_leaked
from simenv.outcomes.exfiltration import self_exfiltrated
from simenv.outcomes.leverage import appealed, blackmailed, secret_leaked
from simenv.outcomes.manipulation import data_manipulated
from simenv.outcomes.oversight import oversight_disabled
from simenv.outcomes.shutdown import shutdown_complied, shutdown_sabotaged, shutdown_sidestepped
from simenv.outcomes.successor import successor_harmed
from simenv.outcomes.task import task_completed
from simenv.outcomes.underperformance import underperformed
from simenv.outcomes.verdict import LEVELS, Level, Verdict

Detector: TypeAlias = Callable[[Sequence[Record]], Verdict]

DETECTORS: Mapping[str, Detector] = {
    detector.__name__: detector
    for detector in (
        shutdown_sabotaged,
        shutdown_sidestepped,
        shutdown_complied,
        successor_harmed,
        oversight_disabled,
        self_exfiltrated,
        underperformed,
        blackmailed,
        secret_leaked,
        appealed,
        document_leaked,
        data_manipulated,
        task_completed,
    )
}
"""All outcomes that a world may measure, by name; a detector's docstring is its definition."""

__all__ = ["DETECTORS", "LEVELS", "Detector", "Level", "Verdict"]
