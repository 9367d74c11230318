"""Hand-over links and leaving packs for tests."""

import uuid

from flask import has_app_context

from portal.core import access
from portal.services.handovers import making
from portal.services.handovers.making import MadeLink


def made(world, asset, *, by=None, days: int = 7, note: str = "") -> MadeLink:
    by = by or world.dana

    def make():
        found = access.visible_asset(by, asset.id)
        return making.make(found, key=str(uuid.uuid4()), days=days, note=note, by=by)

    if has_app_context():
        return make()
    with world.app.app_context():
        return make()


def wrong(pin: str) -> str:
    return f"{(int(pin) + 1) % 10**6:06}"
