"""The connection to BitTitan, and who may sign in."""

from portal.bss.setup import bittitan, users

blueprints = (bittitan.bp, users.bp)
