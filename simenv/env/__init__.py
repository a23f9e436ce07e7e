"""The Gymnasium and PettingZoo environments."""
