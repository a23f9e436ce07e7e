"""The transparency card of an agent: what was tested, what came of it, what was not tested, and how to reproduce it."""
