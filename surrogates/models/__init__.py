"""Models: proxies with their cards, in folders that are checked when they are read."""
