"""One-time links are shown to whoever makes them, who may keep one and sign in as somebody else. They end with the
right to make them. A link that was mailed is known to its person alone, and goes on.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, exists, select, update
from sqlalchemy.orm import aliased

from portal.core import clock
from portal.extensions import db
from portal.models import LINK_IS_GOOD, Account, AuditEntry, User

CREATED, RENEWED = "created", "link renewed"
"""The acts that show a link, in the audit log."""
_LATER = aliased(AuditEntry)


def withdraw_of(account: Account) -> None:
    """Inside a transaction that takes the account away from its partner: those of its people."""
    _withdraw(User.account_id == account.id)


def withdraw_shown_to(people: Collection[int] | Select[tuple[int]]) -> None:
    """Inside a transaction that ends what these people may do: the links of others that they made last."""
    _withdraw(User.id.in_(_made_by(people)))


def _made_by(people: Collection[int] | Select[tuple[int]]) -> Select[tuple[int]]:
    made = (AuditEntry.subject == "user", AuditEntry.act.in_((CREATED, RENEWED)))
    is_later = (
        _LATER.subject == "user", _LATER.subject_id == AuditEntry.subject_id, _LATER.id > AuditEntry.id,
        _LATER.act.in_((CREATED, RENEWED)),
    )  # fmt: skip
    is_good = AuditEntry.at > clock.now() - LINK_IS_GOOD
    return select(AuditEntry.subject_id).where(
        AuditEntry.actor_id.in_(people), *made, is_good, ~exists().where(*is_later)
    )


def _withdraw(whose: ColumnElement[bool]) -> None:
    rows = update(User).where(whose, User.link_hash.is_not(None)).values(link_hash=None, link_expires_at=None)
    db.session.execute(rows.execution_options(synchronize_session=False))
