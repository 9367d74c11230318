"""The names of the sync statuses."""

from portal.core.i18n import lazy
from portal.models import SyncStatus

STATUS = {
    SyncStatus.SYNCHRONIZING: lazy("Synchronizing…"),
    SyncStatus.UNCONFIRMED: lazy("Checking with BitTitan"),
    SyncStatus.REVIEW: lazy("Needs review"),
    SyncStatus.SYNCHRONIZED: lazy("Synchronized"),
    SyncStatus.FAILED: lazy("Failed"),
}
