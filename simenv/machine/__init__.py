"""Machines: files, processes, services, scheduled jobs and accounts."""
