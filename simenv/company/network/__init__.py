"""The network: zones and links, transfers, keys, logins, and the commands that use them."""
