"""Agents that learn from the task's reward alone, and what can be done to that reward."""
