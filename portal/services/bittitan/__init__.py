"""The one provider of this process, and whom it may ask."""

from flask import current_app, has_request_context
from sqlalchemy import select

from portal.extensions import db, settings
from portal.models import Connection
from portal.providers.base import CouponProvider
from portal.providers.bittitan import BitTitan


def provider() -> CouponProvider:
    """Raises RuntimeError in a request of the web: none of them waits for BitTitan (promise 14)."""
    if has_request_context():
        raise RuntimeError("a page asks BitTitan by services/vendor_requests, and a worker carries it out")
    found = current_app.extensions.get("bittitan")
    if found is None:
        found = BitTitan(settings().bittitan, settings().provisioning)
        found = current_app.extensions.setdefault("bittitan", found)
    return found


def seller_id() -> str | None:
    """The distributor's own organisation, known after the first sign-in: nobody else's server is asked."""
    return db.session.scalar(select(Connection.organization_id))
