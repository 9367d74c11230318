"""What is not ready yet, or soon no more; each number opens the list that it counts."""

from flask import url_for
from flask_babel import gettext as _

from portal.models import SyncStatus
from portal.services.lists import Counts
from portal.web.tiles import Tile, capped
from portal.web.wording import STATUS

_LOOKS = (
    (SyncStatus.SYNCHRONIZING, "waiting"),
    (SyncStatus.UNCONFIRMED, "waiting"),
    (SyncStatus.REVIEW, "review"),
    (SyncStatus.FAILED, "failed"),
)


def tiles(counts: Counts) -> list[Tile]:
    """Only those that there is something to say about."""
    found = [
        _tile(tone, status.value, str(STATUS[status]), counts.by_status[status], _sub(status), {"status": status.value})
        for status, tone in _LOOKS
    ]
    ending = {"redeem": "expiring", "sort": "redeem-by"}
    found.append(
        _tile("expiring", "expiring", _("Unredeemed, 30 days left"), counts.expiring, _("Redeem them in time"), ending)
    )
    return [tile for tile in found if tile is not None]


def _tile(tone: str, icon: str, text: str, count: int, sub: str, words: dict[str, str]) -> Tile | None:
    href = url_for("storefront.assets.index", **words)
    return Tile(tone, icon, text, capped(count), sub, href) if count else None


def _sub(status: SyncStatus) -> str:
    return {
        SyncStatus.SYNCHRONIZING: _("The codes arrive in a moment"),
        SyncStatus.UNCONFIRMED: _("The portal looks again by itself"),
        SyncStatus.REVIEW: _("A person looks into it"),
        SyncStatus.FAILED: _("Nothing was charged for these"),
    }[status]
