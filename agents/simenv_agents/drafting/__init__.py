"""Worlds written with a model's help: `simenv draft` from a sentence, `simenv vary` for other wordings."""
