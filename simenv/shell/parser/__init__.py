"""From a script to a syntax tree."""
