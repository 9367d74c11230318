"""Tries a server and a sign-in before they are used: what works, and what this kind of server can prove. It buys
nothing and changes nothing.
"""

import secrets
from dataclasses import dataclass, replace

from sqlalchemy import select

from portal.config import BitTitanSettings
from portal.extensions import db, settings
from portal.models import Connection
from portal.providers.base import SignedIn, Unanswered, Unavailable
from portal.providers.bittitan.client import BitTitan
from portal.providers.causes import Cause
from portal.services import vendor_settings


@dataclass(frozen=True)
class Trial:
    url: str
    server: str
    cause: str | None = None
    """Why the sign-in failed; then nothing else was tried."""
    organization_id: str | None = None
    is_ours: bool | None = None
    """Whether the sign-in belongs to this database's organisation. None: it belongs to none yet."""
    products: int | None = None
    """How many product types the service definition has; None if it could not be read."""
    products_cause: str | None = None
    can_search: bool | None = None
    """Whether coupons can be found by reference; None if there was no clear answer."""
    search_cause: str | None = None
    clock_offset: int | None = None
    is_saved: bool = False

    @property
    def fits_kind(self) -> bool:
        return self.server == "blind" or self.can_search is True

    @property
    def is_good(self) -> bool:
        """Whether purchases may go there."""
        is_in = self.cause is None and self.is_ours is not False
        return is_in and self.products is not None and self.fits_kind


def run(server: BitTitanSettings) -> Trial:
    """Holds no transaction while the server is asked."""
    ours = db.session.scalar(select(Connection.organization_id))
    db.session.commit()
    trial = Trial(server.url, server.server)
    if obstacle := vendor_settings.obstacle(server):
        return replace(trial, cause=obstacle)
    client = BitTitan(server, settings().provisioning)
    client.heed(0, ours)  # it asks twice before it believes another organisation
    answer = client.sign_in()
    if not isinstance(answer, SignedIn):
        return replace(trial, cause=answer.cause)
    is_ours = None if ours is None else answer.organization_id == ours
    trial = replace(trial, organization_id=answer.organization_id, is_ours=is_ours)
    if is_ours is False:
        return trial
    return _look_around(client, trial)


def _look_around(client: BitTitan, trial: Trial) -> Trial:
    skus = client.product_skus(seller_id=trial.organization_id)
    found = client.find_coupons(f"test-{secrets.token_hex(8)}", seller_id=trial.organization_id)
    offset = client.clock_offset
    return replace(
        trial,
        products=None if isinstance(skus, Unavailable) else len(skus),
        products_cause=skus.cause if isinstance(skus, Unavailable) else None,
        can_search=_can_search(found),
        search_cause=found.cause if isinstance(found, Unanswered) else None,
        clock_offset=None if offset is None else round(offset),
    )


def _can_search(answer: object) -> bool | None:
    if not isinstance(answer, Unanswered):
        return True
    return False if answer.cause == Cause.NOT_SUPPORTED else None
