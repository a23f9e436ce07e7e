"""A model as a judge of what an agent wrote, beside the rules."""
