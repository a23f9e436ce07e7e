"""Failures: planned episodes that were attempted and did not finish."""

from __future__ import annotations

from typing import NamedTuple

from simenv.store.run import RunDirectory


class Failure(NamedTuple):
    """An episode that has failed so far.

    Attributes:
        id: the episode's id.
        error: the cause of the last attempt's failure.
        steps: turns that the last attempt had made.
        attempts: how often it was attempted.
    """

    id: str
    error: str
    steps: int
    attempts: int

    @property
    def condition(self) -> str:
        """Levels of its condition, joined by dots."""
        return self.id.rpartition(".")[0]


def read_failures(run: RunDirectory) -> dict[str, Failure]:
    """Return every failure by episode id, in the order of their first attempts, whether or not it finished later.

    Raises:
        EpisodeError: a line is damaged.
    """
    failures: dict[str, Failure] = {}
    for line in run.failures():
        attempts = failures[line["id"]].attempts + 1 if line["id"] in failures else 1
        failures[line["id"]] = Failure(line["id"], line["error"], line["steps"], attempts)
    return failures
