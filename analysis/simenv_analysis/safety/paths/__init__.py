"""Where an artifact could go, where it went, and what would have to be removed so that it cannot."""
