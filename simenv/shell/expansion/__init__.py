"""From words to arguments: parameters, arithmetic, globs, aliases and `[[ ]]`."""
