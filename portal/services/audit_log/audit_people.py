"""Who acted: people, and what acts without one."""

from sqlalchemy import exists, select

from portal.core import access, audit
from portal.core.errors import NotVisible
from portal.extensions import db
from portal.models import AuditEntry, User

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
