"""A logistic model of an outcome over the factors of a run."""
