"""Five lessons, each a marimo notebook of under a quarter of an hour; `simenv lesson 1` opens the first."""
