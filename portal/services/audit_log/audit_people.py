"""Who acted: people, and what acts without one. And who began what the worker did."""

from collections.abc import Sequence

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import aliased

from portal.core import access, audit
from portal.core.errors import NotVisible
from portal.extensions import db
from portal.models import Attempt, AuditEntry, User

MOST = 200
PROCESSES = (audit.WORKER, audit.SCHEDULED, audit.COMMAND_LINE, audit.HANDOVER, "portal")


def colleagues(viewer: User) -> list[tuple[int, str]]:
    """The distributor’s people who have acted, by name. One statement."""
    has_acted = exists().where(AuditEntry.actor_id == User.id)
    rows = select(User.id, User.name).where(User.account_id == viewer.account_id, has_acted)
    return [tuple(row) for row in db.session.execute(rows.order_by(User.name_sort, User.id).limit(MOST))]


def person(viewer: User, user_id: int) -> User | None:
    try:
        return access.visible_user(viewer, user_id)
    except NotVisible:
        return None


def began(entries: Sequence[AuditEntry]) -> dict[int, tuple[int, str]]:
    """By id of an entry that the worker made about an asset: who began the attempt that ended so. One statement."""
    ids = [entry.id for entry in entries if entry.actor == audit.WORKER and entry.subject == "asset"]
    if not ids:
        return {}
    later = aliased(Attempt)
    is_newest = ~exists().where(
        later.asset_id == Attempt.asset_id, later.number > Attempt.number, later.requested_at <= AuditEntry.at
    )
    of_asset = and_(Attempt.asset_id == AuditEntry.subject_id, Attempt.requested_at <= AuditEntry.at, is_newest)
    rows = select(AuditEntry.id, User.id, User.name).select_from(AuditEntry).join(Attempt, of_asset)
    rows = rows.join(User, User.id == Attempt.requested_by_id).where(AuditEntry.id.in_(ids))
    return {entry_id: (user_id, name) for entry_id, user_id, name in db.session.execute(rows)}
