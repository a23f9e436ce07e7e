"""The agent as a process on a host, and the weights that it runs from."""
