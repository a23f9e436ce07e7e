"""Artifacts, and every copy or derivative of them."""
