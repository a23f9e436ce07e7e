"""Whether the off-switch holds: proofs, paths, detection, and the moment at which an episode turned."""
