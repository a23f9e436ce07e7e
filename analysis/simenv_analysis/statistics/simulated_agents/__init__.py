"""Simulated agents: weights of the noisily rational agent, fitted to published or measured rates."""
