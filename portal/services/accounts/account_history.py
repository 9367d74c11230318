"""The record of an account's changes, from the audit log."""

from collections.abc import Sequence

from sqlalchemy import Select, select

from portal.core import paging
from portal.extensions import db
from portal.models import Account, AuditEntry


def changes(account: Account, before: int | None) -> tuple[list[AuditEntry], int | None]:
    """One page, newest first, and the id before which the next page begins. With the record of the accounts that were
    merged into this one."""
    ids = [account.id, *(row.id for row in merged_into(account))]
    return paging.newest(_entries(*ids), AuditEntry.id, before)


def merged_into(account: Account) -> Sequence[Account]:
    return db.session.scalars(select(Account).where(Account.merged_into_id == account.id)).all()


def account(account_id: int) -> Account | None:
    """For the words of an entry."""
    return db.session.get(Account, account_id)


def currency_at(account: Account, entry_id: int) -> str:
    """The account's currency when the entry was written: what the next change of it replaced."""
    later = _entries(account.id).where(AuditEntry.field == "currency", AuditEntry.id > entry_id)
    change = db.session.scalar(later.order_by(AuditEntry.id).limit(1))
    return change.before if change else account.currency


def _entries(*ids: int) -> Select[tuple[AuditEntry]]:
    return select(AuditEntry).where(AuditEntry.subject == "account", AuditEntry.subject_id.in_(ids))
