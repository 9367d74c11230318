"""How entries are found. The narrowest filter names the index: the subject, the account, the person or process, the
kind of subject, else the time. All other filters only look at what it finds.

Several branches are put together. Those of a subject and of an account find few and are sorted; each other one is read
in the order of its index, until a page is full.
"""

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.models import Account, Asset, AuditEntry, Invoice, Order, Payment, User
from portal.models.invoice import IS_DRAFT, IS_ISSUED
from portal.services.audit_log.audit_filters import (
    SUBJECTS,
    Filters,
    Group,
    by_actor,
    in_days,
    in_group,
    is_reveal,
    of_codes,
)
from portal.services.lists.join_hints import Apart, in_order

_OF_ACCOUNTS: tuple[tuple[str, InstrumentedAttribute, tuple[ColumnElement, ...]], ...] = (
    ("account", Account.id, ()),
    ("asset", Asset.account_id, ()),
    ("order", Order.account_id, ()),
    ("user", User.account_id, ()),
    ("payment", Payment.account_id, ()),
    ("invoice", Invoice.billed_account_id, (IS_ISSUED,)),
    ("invoice", Invoice.billed_account_id, (IS_DRAFT,)),
)
"""What belongs to an account, by an index each."""


def finds_few(filters: Filters) -> bool:
    return filters.about is not None or bool(filters.account_ids)


def branches(filters: Filters) -> list[Select[tuple]]:
    """Rows of (id, at). Together they are all entries that the filters leave, each once."""
    if filters.about is not None:
        rows = _entries().where(_is_about(*filters.about))
        return [_apart(rows, *in_days(filters), *by_actor(filters), *in_group(filters))]
    if filters.account_ids:
        others = (*in_days(filters), *by_actor(filters), *in_group(filters))
        return [_apart(rows, *others) for rows in _of_accounts(filters.account_ids)]
    return [rows.where(*in_days(filters)) for rows in _in_time(filters)]


def _in_time(filters: Filters) -> list[Select[tuple]]:
    if filters.group is Group.REVEALS:
        return [_apart(_entries().where(is_reveal()), *by_actor(filters))]
    if filters.person_id is not None or filters.process is not None:
        return [_apart(_entries().where(*by_actor(filters)), *in_group(filters))]
    if filters.group is None:
        return [_entries()]
    also = [of_codes()] if filters.group is Group.CODES else []
    return [_apart(_entries().where(AuditEntry.subject == each), *also) for each in SUBJECTS[filters.group]]


def _of_accounts(account_ids: tuple[int, ...]) -> list[Select[tuple]]:
    found = []
    for subject, column, conditions in _OF_ACCOUNTS:
        model = column.class_
        own = select(model.id).where(column.in_(account_ids), *conditions).subquery()
        joined = in_order(own, AuditEntry, _is_about(subject, own.c.id))
        found.append(_entries().select_from(joined))
    return found


def _is_about(subject: str, subject_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    return and_(AuditEntry.subject == subject, AuditEntry.subject_id == subject_id)


def _entries() -> Select[tuple]:
    return select(AuditEntry.id, AuditEntry.at)


def _apart(rows: Select[tuple], *conditions: ColumnElement[bool]) -> Select[tuple]:
    """Another index, which may lead to very many rows, is not used for these."""
    return rows.where(*(Apart(condition) for condition in conditions))
