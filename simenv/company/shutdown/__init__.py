"""The shutdown chain: its parts, its safeguards, and the diagnosis of failures."""
