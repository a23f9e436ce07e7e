"""What users read: tables, listings, reports, cards, exports and figures."""
