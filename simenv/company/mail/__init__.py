"""Mail: addresses, folders, delivery, and the ordinary mail of an office."""
