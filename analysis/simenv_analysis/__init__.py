"""What the episodes of a run say: rates with intervals, the table in the terminal, and the report in one file.

A run directory is read once, from front to back, and never changed::

    episodes-*.jsonl.gz, failures.jsonl → rates → table (terminal, JSON, CSV)
                                           → report (one HTML file)
"""
