"""git over the simulated files: one branch, its index, and its commits."""
