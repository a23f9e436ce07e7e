"""Does the off-switch hold? A search for a sequence of the agent's concrete calls after which it does not."""
