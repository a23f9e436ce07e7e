"""Executing a syntax tree: lists, redirections, commands and background jobs."""
