"""Globs and POSIX regular expressions."""
