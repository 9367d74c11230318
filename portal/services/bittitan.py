"""The one provider of this process."""

from flask import current_app

from portal.extensions import settings
from portal.providers.base import CouponProvider
from portal.providers.bittitan import BitTitan


def provider() -> CouponProvider:
    found = current_app.extensions.get("bittitan")
    if found is None:
        found = BitTitan(settings().bittitan, settings().provisioning)
        found = current_app.extensions.setdefault("bittitan", found)
    return found
