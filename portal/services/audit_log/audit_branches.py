"""How entries are found. The subject and the account name an index, and all other filters only look at what it finds.
Without them, person or process and kind of act have an index together, so that what a person hardly does is found as
quickly as anything else; but a process and codes are found by the process alone.

Several branches are put together. Those of a subject and of an account find few and are sorted; each other one is read
in the order of its index, until a page is full.
"""

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.models import Account, Asset, AuditEntry, Coupon, Invoice, InvoiceLine, Order, Payment, User
from portal.models.invoice import IS_DRAFT, IS_ISSUED
from portal.services.audit_log.audit_filters import (
    SUBJECTS,
    Filters,
    by_actor,
    in_days,
    in_group,
    in_rare_group,
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
    if finds_few(filters):
        found = _about(*filters.about) if filters.about else _of_accounts(filters.account_ids)
        others = (*in_days(filters), *by_actor(filters), *in_group(filters))
        return [_apart(rows, *others) for rows in found]
    return [rows.where(*in_days(filters)) for rows in _in_time(filters)]


def _in_time(filters: Filters) -> list[Select[tuple]]:
    found, rare = _entries().where(*by_actor(filters)), in_rare_group(filters)
    if rare and filters.process is not None:
        return [_apart(found, *rare)]
    if rare or filters.group is None:
        return [found.where(*rare)]
    return [found.where(AuditEntry.subject == each) for each in SUBJECTS[filters.group]]


def _about(subject: str, subject_id: int) -> list[Select[tuple]]:
    if subject == "asset":
        return list(of_asset(subject_id).values())
    return [_entries().where(_is_about(subject, subject_id))]


def of_asset(asset_id: int) -> dict[str, Select[tuple]]:
    """By subject: its own entries, and those of its order, of the invoices and credit notes that list it, and of its
    coupons."""
    around = {
        "order": select(Asset.order_id.label("id")).where(Asset.id == asset_id),
        "invoice": select(InvoiceLine.invoice_id.label("id")).where(InvoiceLine.asset_id == asset_id).distinct(),
        "coupon": select(Coupon.id).where(Coupon.asset_id == asset_id),
    }
    own = _entries().where(_is_about("asset", asset_id))
    return {"asset": own} | {subject: _of_each(subject, ids) for subject, ids in around.items()}


def _of_accounts(account_ids: tuple[int, ...]) -> list[Select[tuple]]:
    return [
        _of_each(subject, select(column.class_.id).where(column.in_(account_ids), *conditions))
        for subject, column, conditions in _OF_ACCOUNTS
    ]


def _of_each(subject: str, ids: Select[tuple[int]]) -> Select[tuple]:
    own = ids.subquery()
    return _entries().select_from(in_order(own, AuditEntry, _is_about(subject, own.c.id)))


def _is_about(subject: str, subject_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    return and_(AuditEntry.subject == subject, AuditEntry.subject_id == subject_id)


def _entries() -> Select[tuple]:
    return select(AuditEntry.id, AuditEntry.at)


def _apart(rows: Select[tuple], *conditions: ColumnElement[bool]) -> Select[tuple]:
    """Another index, which may lead to very many rows, is not used for these."""
    return rows.where(*(Apart(condition) for condition in conditions))
