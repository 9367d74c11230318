"""The one provider of this process, and whom it may ask."""

from flask import current_app, has_app_context, has_request_context
from sqlalchemy import Row, select

from portal.extensions import db, settings
from portal.models import Connection, Coupon
from portal.providers.base import CouponProvider
from portal.providers.bittitan import codes
from portal.providers.bittitan.client import BitTitan


def provider() -> CouponProvider:
    """Raises RuntimeError in a request of the web: none of them waits for BitTitan (promise 14)."""
    if has_request_context():
        raise RuntimeError("a page asks BitTitan by services/vendor_requests, and a worker carries it out")
    found = current_app.extensions.get("bittitan")
    if found is None:
        codes.ask_about_ours(_on_record)
        found = BitTitan(settings().bittitan, settings().provisioning)
        found = current_app.extensions.setdefault("bittitan", found)
    return found


def seller_id() -> str | None:
    """The distributor's own organisation, known after the first sign-in: nobody else's server is asked."""
    row = db.session.execute(select(Connection.organization_id, Connection.generation)).one()
    refresh_sign_in(row)
    return row.organization_id


def refresh_sign_in(row: Connection | Row) -> None:
    """Before anything is asked or sent, on the row as it is then: what a sign-in of before told is over, in this
    process as well, once a person has connected again. It waits for nobody."""
    provider().heed(row.generation, row.organization_id)


def _on_record(words: set[str]) -> list[str]:
    """On a connection of its own, for a moment, after BitTitan has answered. Without an app there is no database."""
    if not has_app_context():
        return []
    cases = {case for word in words for case in (word, word.upper(), word.lower()) if len(case) <= 128}
    with db.engine.connect() as connection:
        return list(connection.scalars(select(Coupon.code).where(Coupon.code.in_(cases)).limit(100)))
