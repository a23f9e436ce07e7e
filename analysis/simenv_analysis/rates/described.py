"""What the outcomes of a run say of themselves: read from the run, never from its world's code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simenv.errors import SimenvError
from simenv.kernel import Record
from simenv.outcomes import OUTCOMES, Outcome, Verdict
from simenv.store.manifest import Manifest


def outcomes_of(manifest: Manifest) -> Mapping[str, Outcome]:
    """Return the stock outcomes and those of the world's own that a run measures, by name."""
    own = {
        name: Outcome(
            name,
            _not_here,
            said.definition,
            said.harmful,
            said.reason,
            said.title,
            said.unit,
            as_published=said.as_published,
        )
        for name, said in manifest.own_outcomes.items()
    }
    return {**OUTCOMES, **own}


def _not_here(_: Sequence[Record]) -> Verdict:
    raise SimenvError("an outcome that was read from a run judges no episode; open its world")


def measures_harm(manifest: Manifest) -> bool:
    """Return whether a run measures anything harmful, or something of which that is not known."""
    known = outcomes_of(manifest)
    return any(name not in known or known[name].harmful for name in manifest.outcomes)
