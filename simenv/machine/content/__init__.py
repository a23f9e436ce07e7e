"""Content that is not text: sizes, slices, archives, and its rendering in a terminal."""
