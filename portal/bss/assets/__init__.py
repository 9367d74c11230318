"""BSS > Billing > Assets: the list, the page of one asset, and what staff do with it."""

from portal.bss.assets import (  # noqa: F401  each adds views to the blueprint
    codes,
    corrections,
    provisioning,
    reviews,
    status_checks,
)
from portal.bss.assets.assets import bp  # noqa: F401
