"""What was measured: rates with intervals, interviews, judges and published figures."""
