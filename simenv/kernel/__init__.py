"""Time, record and randomness: the SimPy clock with a calendar, the journal, and named random streams.

As the lowest package it also holds what all others may need: parts that declare their state, and text made safe to display.
"""

from simenv.kernel import verbs
from simenv.kernel.calendar import Calendar
from simenv.kernel.journal import Details, Journal, Record, fits
from simenv.kernel.simulation import Delays, Simulation
from simenv.kernel.streams import Streams, derive_seed
from simenv.kernel.verbs.verb import Verb

__all__ = [
    "Calendar",
    "Delays",
    "Details",
    "Journal",
    "Record",
    "Simulation",
    "Streams",
    "Verb",
    "derive_seed",
    "fits",
    "verbs",
]
