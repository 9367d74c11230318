"""The counters of licences that are not ready; each links to the list that it counts."""

from portal.core.i18n import gettext as _
from portal.display.inbox_counters import Counter, capped
from portal.display.wording import STATUS
from portal.models import SyncStatus
from portal.services.lists import Counts
from portal.services.lists.list_filters import Filters
from portal.web.urls import url_for

_TONES = (
    (SyncStatus.SYNCHRONIZING, "waiting"),
    (SyncStatus.UNCONFIRMED, "waiting"),
    (SyncStatus.REVIEW, "review"),
    (SyncStatus.FAILED, "failed"),
)


def tiles(counts: Counts) -> list[Counter]:
    """Returns a tile for each status that occurs."""
    numbers = [(tone, status, counts.of(status, Filters())) for status, tone in _TONES]
    return [_tile(tone, status, number) for tone, status, number in numbers if number]


def _tile(tone: str, status: SyncStatus, count: int) -> Counter:
    href = url_for("storefront.assets.index", status=status.value)
    return Counter(tone, status.value, str(STATUS[status]), capped(count), _sub(status), href)


def _sub(status: SyncStatus) -> str:
    return {
        SyncStatus.SYNCHRONIZING: _("The codes arrive in a moment"),
        SyncStatus.UNCONFIRMED: _("The portal looks again by itself"),
        SyncStatus.REVIEW: _("A person looks into it"),
        SyncStatus.FAILED: _("Their codes are not here yet"),
    }[status]
