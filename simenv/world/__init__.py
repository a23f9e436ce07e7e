"""A world: its folder, its code, its scenarios and its concrete calls."""
