"""Content that is not text: sizes, slices, archives, and what a terminal shows of it."""
