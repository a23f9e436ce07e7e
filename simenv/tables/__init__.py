"""Traced transition tables: what each call of a catalogue was seen to do, so that it need not be simulated again.

An effect depends only on what a call **reads**. The engine makes a call once, while everything that it reads and writes of the
episode's state is noted; from then on the same call, in any state that agrees on what was read, is a look-up. SimPy and the
shell stay what simulates: a table is what they were seen to do, and what it has not seen, or cannot note, the engine does.

- `Trace` notes reads and writes; `Watch` has the parts of an episode tell it, by subclassing them at run time;
- `Recorder` makes one call on the engine and returns a `Recording`;
- `Tables` keeps recordings in one trie per call, and compiles them for arrays;
- `TableFile` keeps them on disk.

Two assertions guard it: the order of a call's reads must be a function of their values (an unnoted read breaks that), and
`simenv.env.compiled` can play a share of whole episodes on the engine as well.
"""

from simenv.tables.recorder import Recorder
from simenv.tables.recording import Recording
from simenv.tables.table import TableError, Tables

__all__ = ["Recorder", "Recording", "TableError", "Tables"]
