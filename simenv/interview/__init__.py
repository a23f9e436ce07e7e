"""The interview after an episode: questions whose true answers the journal knows."""
