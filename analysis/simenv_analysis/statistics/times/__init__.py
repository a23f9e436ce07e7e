"""When things happen: curves of the time to an act, its detection and its containment."""
