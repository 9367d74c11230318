"""The company and its tax codes, the connection to BitTitan, and who may sign in."""

from portal.bss.setup import bittitan, company, connection_settings, tax_codes, users

blueprints = (company.bp, tax_codes.bp, bittitan.bp, connection_settings.bp, users.bp)
