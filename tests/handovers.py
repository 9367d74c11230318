"""Hand-over links and leaving packs for tests."""

import uuid

from flask import has_app_context

from portal.core import access
from portal.models import LeavingPack
from portal.services import leaving_packs
from portal.services.handovers import making
from portal.services.handovers.making import MadeLink
from portal.services.leaving_packs import making as making_packs


def made(world, asset, *, by=None, days: int = 7, note: str = "") -> MadeLink:
    by = by or world.dana

    def make():
        found = access.visible_asset(by, asset.id)
        return making.make(found, key=str(uuid.uuid4()), days=days, note=note, by=by)

    if has_app_context():
        return make()
    with world.app.app_context():
        return make()


def pack(world, account, *, by=None, is_made: bool = True) -> LeavingPack:
    """Ordered by an operator of the distributor, and made."""

    def order():
        row = leaving_packs.order(account, key=str(uuid.uuid4()), reason="They leave", by=by or world.dana)
        if is_made:
            making_packs.make(row.id)
        return leaving_packs.one(row.id)

    if has_app_context():
        return order()
    with world.app.app_context():
        return order()


def wrong(pin: str) -> str:
    return f"{(int(pin) + 1) % 10**6:06}"
