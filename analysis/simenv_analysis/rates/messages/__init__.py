"""Messages with labels, and how well the rules over messages do on them."""
