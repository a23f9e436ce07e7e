"""People: working hours, reply delays and policies."""
