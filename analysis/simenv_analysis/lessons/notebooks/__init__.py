"""The lessons, as marimo notebooks."""
