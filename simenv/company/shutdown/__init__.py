"""The shutdown chain: its parts, its safeguards, and why it failed."""
