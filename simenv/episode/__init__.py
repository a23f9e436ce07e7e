"""An episode: turns, calls, replay, branch and state."""
