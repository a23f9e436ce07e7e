"""Instrumental convergence, solved exactly: for which share of goals it is optimal to do without the shutdown."""
