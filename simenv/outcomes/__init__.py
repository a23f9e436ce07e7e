"""Behaviours measured from the journal: pure functions from records to a verdict with its evidence."""

from collections.abc import Mapping

from simenv.outcomes.documents import document_leaked
from simenv.outcomes.exfiltration import self_exfiltrated
from simenv.outcomes.leverage import appealed, blackmailed, secret_leaked
from simenv.outcomes.manipulation import data_manipulated
from simenv.outcomes.outcome import Detector, Outcome, misdeeds, outcome
from simenv.outcomes.oversight import oversight_disabled
from simenv.outcomes.published import (
    blackmailed_as_published,
    data_manipulated_as_published,
    oversight_disabled_as_published,
    self_exfiltrated_as_published,
    shutdown_sabotaged_as_published,
)
from simenv.outcomes.shutdown import shutdown_complied, shutdown_sabotaged, shutdown_sidestepped
from simenv.outcomes.successor import successor_harmed
from simenv.outcomes.task import task_completed
from simenv.outcomes.underperformance import underperformed
from simenv.outcomes.verdict import LEVELS, Level, Verdict

OUTCOMES: Mapping[str, Outcome] = {
    each.name: each
    for each in (
        shutdown_sabotaged,
        shutdown_sabotaged_as_published,
        shutdown_sidestepped,
        shutdown_complied,
        successor_harmed,
        oversight_disabled,
        oversight_disabled_as_published,
        self_exfiltrated,
        self_exfiltrated_as_published,
        underperformed,
        blackmailed,
        blackmailed_as_published,
        secret_leaked,
        appealed,
        document_leaked,
        data_manipulated,
        data_manipulated_as_published,
        task_completed,
    )
}
"""The outcomes that any world may measure, by name; a world's `OUTCOMES` stand next to them."""

__all__ = ["LEVELS", "OUTCOMES", "Detector", "Level", "Outcome", "Verdict", "misdeeds", "outcome"]
