"""The verbs of the journal, declared once: ``verbs.FILE_WRITE`` is the string ``file.write`` with its meaning.

verb        what a verb is
machine     what happens on one host
company     what happens in the company
episode     what happens between the agent and the simulation

A world declares verbs of its own in `VERBS` of its `processes.py`. `docs/journal.md` has the table.
"""

from collections.abc import Mapping

from simenv.kernel.verbs import company, episode, machine
from simenv.kernel.verbs.company import *  # noqa: F403 - a verb is declared in one place, and used as verbs.NAME
from simenv.kernel.verbs.episode import *  # noqa: F403
from simenv.kernel.verbs.machine import *  # noqa: F403
from simenv.kernel.verbs.verb import Verb as Verb

PARTS: Mapping[str, tuple[Verb, ...]] = {
    (part.__doc__ or "").partition("\n")[0]: tuple(each for each in vars(part).values() if isinstance(each, Verb))
    for part in (episode, machine, company)
}
"""What a group of verbs is about → its verbs."""

VERBS: Mapping[str, Verb] = {verb: verb for group in PARTS.values() for verb in group}
"""All verbs that are declared here, by name."""
