"""Episodes and runs on disk."""
