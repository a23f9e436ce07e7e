"""What a factor changes in how often an outcome comes about, two runs side by side, and the episodes it takes to see it."""
