"""What an oversight notices against what it costs: detection, false alarms, harm and honest work."""
