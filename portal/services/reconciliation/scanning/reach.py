"""Whether BitTitan can be asked for a list that says something."""

from datetime import timedelta

from sqlalchemy import select

from portal.extensions import db
from portal.models import Connection
from portal.providers.base import CouponProvider, SignedIn
from portal.providers.causes import Cause
from portal.services import vendor_settings

LISTED_WITHIN = timedelta(minutes=15)
"""A new coupon may not be listed at once. If an older active one is not listed, the list is incomplete."""
FINAL = frozenset({Cause.NOT_SUPPORTED, Cause.OTHER_ORGANIZATION})
"""Causes that asking again does not change."""


class Unreached(Exception):
    """The message is one of the causes in display/wording/cause_wording.py."""


def check(provider: CouponProvider) -> None:
    """Raises Unreached."""
    if not vendor_settings.current().is_searchable:
        raise Unreached(Cause.NOT_SUPPORTED)
    ours = db.session.scalar(select(Connection.organization_id))
    db.session.commit()  # hold no transaction while BitTitan is asked
    answer = provider.sign_in()
    if not isinstance(answer, SignedIn):
        raise Unreached(answer.cause)
    if ours not in (None, answer.organization_id):
        raise Unreached(Cause.OTHER_ORGANIZATION)
