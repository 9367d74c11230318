"""BSS > Billing > Assets: the list, the page of one asset, and what staff do with it."""

from portal.bss.assets import codes, corrections, provisioning, reviews  # noqa: F401  each adds views to the blueprint
from portal.bss.assets.assets import bp  # noqa: F401
