"""Learning curves, and what a trained agent does."""
