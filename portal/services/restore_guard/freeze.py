"""After a restore, nothing is sent until everything bought since the backup was looked up and a person releases it.

The freeze is in the row that each send reads in its transaction, and in each backup file that the portal makes, so it
comes with the data. A database that was put in place by hand is detected (services/restore_guard/database_identity.py).
"""

import platform
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, Update, func, select, update

from portal.core import audit, clock, errors
from portal.core.audit import Actor
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.models import (
    Alert,
    Asset,
    AuditEntry,
    Connection,
    Job,
    JobKind,
    Lifecycle,
    SyncStatus,
)
from portal.services import jobs, vendor_settings
from portal.services.restore_guard import database_identity, send_counter_file

MARGIN = timedelta(hours=1)
"""Purchases this much earlier than the backup are checked as well, as clocks differ. This only keeps the first pass
short: the pass that counts for a release reads the whole list, whatever BitTitan's clock says."""
FURTHEST = timedelta(days=1)
"""If the clocks differ by more than this, dates are useless."""
FROZEN = "frozen"
UNGUARDED = "unguarded"
ALL = 2**31 - 1
"""Value of `searched_to`: every asset was asked about, and the list was read."""
_TEXTS = {
    "restored": "The database was restored from a backup.",
    "backup": "This database is a backup file that was put in place by hand.",
    "older": "The database is older than the last purchase that was sent from this machine.",
    "copied": "The database is a copy, or its server was restored or replaced by another.",
    "damaged": "The file beside the database that tells how much was sent is damaged, so that this may be an old copy.",
}
_UNGUARDED = (
    "Purchases from there are held, for an old copy of the database would not be noticed. Mend the folder, its owner "
    "or the space on its disk (DATA_DIR); they go on by themselves."
)
_MORE = " Provisioning is frozen until what was bought since has been looked up and a person releases it."


@dataclass(frozen=True)
class Progress:
    left: int
    """Assets still to be asked about, up to 10,001."""
    is_once_done: bool
    is_complete: bool
    can_be_searched: bool
    complete_from: datetime
    """A pass that began earlier proves nothing: BitTitan may still have been carrying something out."""
    missing: int
    """Coupons that BitTitan listed and that were not accounted for in the last count."""


def search_start(row: Connection, offset: float | None) -> datetime | None:
    """For the first pass: the date, by BitTitan's clock, from which something may be missing here. None: read the whole
    list."""
    offsets = [abs(each) for each in (offset, row.clock_offset) if each is not None]
    if row.lost_from is None or offset is None or max(offsets) > FURTHEST.total_seconds():
        return None
    return row.lost_from - MARGIN - timedelta(seconds=max(offsets))


def check_and_freeze(row: Connection, now: datetime) -> bool:
    """Inside the transaction that would begin a send, on the locked row. If the counter file cannot be written, no send
    begins until it can."""
    if row.frozen_at is not None:
        return True
    try:
        why = database_identity.reason_for_doubt(row)
    except send_counter_file.Lost as failure:
        text = f"{_here()}{failure}. {_UNGUARDED}"
        if db.session.scalar(unguarded_alerts().where(Alert.text == text)) is None:
            db.session.add(Alert(kind=UNGUARDED, asset_id=None, text=text, raised_at=now))
        return True
    if why:
        freeze(row, why, now)
    return why is not None


def unguarded_alerts() -> Select[tuple[str]]:
    """The problem on a machine that cannot write its counter file. While it lasts, the alert is raised again after
    somebody has seen it."""
    return select(Alert.text).where(Alert.kind == UNGUARDED, Alert.seen_at.is_(None)).limit(1)


def _here() -> str:
    return f"{platform.node()[:40]}: "


def watch() -> None:
    """Detects a problem early; each send checks for it in any case."""
    with transaction():
        row, now = lock(Connection, 1), clock.now()
        if not check_and_freeze(row, now):
            is_here = Alert.text.startswith(_here(), autoescape=True)
            acknowledge_alerts(UNGUARDED, now, None, is_here)


def freeze(row: Connection, why: str, now: datetime) -> None:
    """Inside a transaction. Whichever worker comes first begins the look-up at once."""
    lost_from = row.backed_up_at if why in ("restored", "backup") else last_entry_at()
    for name, value in values(why, now, lost_from or last_entry_at()).items():
        setattr(row, name, value)
    row.doubt_until = now + timedelta(seconds=settings().provisioning.quarantine)
    acknowledge_alerts(FROZEN, now, None)
    db.session.add(Alert(kind=FROZEN, asset_id=None, text=_TEXTS[why] + _MORE, raised_at=now))
    audit.record("connection", 1, "freeze", by="portal", field="frozen_at", after=now, why=why)
    db.session.execute(invalidate_claims())
    jobs.schedule(JobKind.RECOVER, 0, now)


def invalidate_claims() -> Update:
    """A worker that still holds a claim from before the restore must not finish the job that now has that id."""
    return update(Job).values(fence=Job.fence + 1000, lease_until=None)


def values(why: str, now: datetime, lost_from: datetime | None) -> dict[str, object]:
    """The column values of a frozen connection for which nothing was looked up yet."""
    return {
        "frozen_at": now, "frozen_why": why, "lost_from": lost_from,
        "search_began_at": None, "searched_to": 0, "searched_at": None, "listed": None, "accounted": None,
    }  # fmt: skip


def last_entry_at() -> datetime | None:
    """Every change of state leaves an entry, so anything missing here is younger than the last one."""
    return db.session.scalar(select(AuditEntry.at).order_by(AuditEntry.id.desc()).limit(1))


def progress(row: Connection) -> Progress:
    unasked = possibly_bought_ids().where(Asset.id > row.searched_to).limit(10_001)
    return Progress(
        left=db.session.scalar(select(func.count()).select_from(unasked.subquery())),
        is_once_done=row.searched_to == ALL,
        is_complete=row.searched_at is not None,
        can_be_searched=vendor_settings.current().is_searchable,
        complete_from=earliest_valid_lookup(row),
        missing=(row.listed or 0) - (row.accounted or 0),
    )


def earliest_valid_lookup(row: Connection) -> datetime:
    """A pass must begin after this: until then BitTitan may still carry out earlier requests."""
    return row.frozen_at + timedelta(seconds=settings().provisioning.quarantine)


def possibly_bought_ids():
    """Ids, in order, of the assets that may have been bought without this database knowing."""
    conditions = (Asset.lifecycle == Lifecycle.ACTIVE, Asset.sync_status != SyncStatus.SYNCHRONIZED)
    return select(Asset.id).where(*conditions).order_by(Asset.id)


def release(*, reason: str, by: Actor, unsearched: bool = False) -> None:
    """A person takes responsibility. Raises InvalidInput, Conflict."""
    reason = " ".join(reason.split())
    if not reason:
        raise errors.InvalidInput("reason", _("Say why purchases may go on."))
    with transaction():
        row, now = lock(Connection, 1), clock.now()
        _check_may_release(row, unsearched)
        frozen_at, row.frozen_at, row.frozen_why = row.frozen_at, None, None
        database_identity.begin_identity(row)
        acknowledge_alerts(FROZEN, now, getattr(by, "id", None))
        audit.record("connection", 1, "release", by=by, field="frozen_at", before=frozen_at, why=reason)
    jobs.wake_attempts(now)


def acknowledge_alerts(kind: str, now: datetime, by_id: int | None, *which: ColumnElement[bool]) -> None:
    """Inside a transaction. The problem of these alerts is solved."""
    is_open = (Alert.kind == kind, Alert.seen_at.is_(None), *which)
    db.session.execute(update(Alert).where(*is_open).values(seen_at=now, seen_by_id=by_id))


def _check_may_release(row: Connection, unsearched: bool) -> None:
    if row.frozen_at is None:
        raise errors.Conflict(_("Provisioning is not frozen."))
    if vendor_settings.current().is_searchable:
        if row.listed is not None and row.accounted < row.listed:
            raise errors.Conflict(
                _(
                    "BitTitan lists %(listed)s coupons, and only %(accounted)s of them are accounted for. Nothing was "
                    "released.",
                    listed=row.listed,
                    accounted=row.accounted,
                )
            )
        if row.searched_at is None or row.listed is None:
            raise errors.Conflict(_("The look-up of what was bought since is not complete yet. Nothing was released."))
    elif not unsearched:
        raise errors.InvalidInput(
            "unsearched",
            _("This BitTitan server cannot be searched. Confirm that you compared its own list with the assets."),
        )
