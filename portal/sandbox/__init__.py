"""A BitTitan stand-in: a server with its own process and file. `control` describes how tests and demos steer it."""
