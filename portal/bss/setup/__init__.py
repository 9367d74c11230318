"""The connection to BitTitan, and who may sign in."""

from portal.bss.setup import bittitan, connection_settings, users

blueprints = (bittitan.bp, connection_settings.bp, users.bp)
