"""A BitTitan stand-in: a server, a process and a file of its own. See `control` for how it is steered."""
