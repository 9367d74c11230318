"""What an entry is about: found by its number, and named for a page of entries."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, String, cast, literal, select, union_all

from portal.core import access, billing_access
from portal.core.paging import MAX_ID
from portal.extensions import db
from portal.models import (
    Account,
    Asset,
    AuditEntry,
    Import,
    Invoice,
    Order,
    Payment,
    PriceList,
    Product,
    ProductType,
    TaxCode,
    User,
    email_address,
)
from portal.models.text_keys import fold

_NUMBER = re.compile(r"(as|ord|run|r|b)-0*([1-9][0-9]{0,9})", re.ASCII)
_KINDS = {"as": "asset", "ord": "order", "run": "invoice run", "r": "retry", "b": "bulk"}


@dataclass(frozen=True)
class Named:
    text: str
    more: str = ""
    """Whose it is."""
    account_id: int | None = None


Key = tuple[str, int]


def found_by(viewer: User, typed: str) -> Key | None:
    """The subject with this number, code or e-mail address. Up to four statements."""
    match = _NUMBER.fullmatch(fold(typed.strip()))
    if match and int(match[2]) <= MAX_ID:
        return _KINDS[match[1]], int(match[2])
    text = typed.strip()
    for subject, rows in _by_text(viewer, text) if text else ():
        found = db.session.scalar(rows.limit(1))
        if found is not None:
            return subject, found
    return None


def _by_text(viewer: User, text: str) -> list[tuple[str, Select[tuple[int]]]]:
    accounts = access.visible_accounts(viewer).with_only_columns(Account.id, maintain_column_froms=True)
    invoices = billing_access.visible_invoices(viewer).with_only_columns(Invoice.id)
    people = select(User.id).where(User.email_key == email_address.canonical(text))
    return [
        ("invoice", invoices.where(Invoice.number_key == fold(text))),
        ("account", accounts.where(access.has_code(text)).options().order_by(None)),
        *([("user", people)] if "@" in text else []),
        ("product", select(Product.id).where(Product.code == text)),
    ]


def names_of(entries: Iterable[AuditEntry]) -> dict[Key, Named]:
    """Of what there still is; all others have only their number. One statement."""
    ids: dict[str, set[int]] = {}
    for entry in entries:
        ids.setdefault(entry.subject, set()).add(entry.subject_id)
    parts = [_NAMES[subject](subject_ids) for subject, subject_ids in sorted(ids.items()) if subject in _NAMES]
    if not parts:
        return {}
    rows = db.session.execute(union_all(*parts) if len(parts) > 1 else parts[0])
    return {(row.subject, row.id): Named(row.text, row.more or "", row.account_id) for row in rows}


def _select(subject: str, row_id: ColumnElement, text, more=None, account_id=None) -> Select:
    return select(
        literal(subject).label("subject"), row_id.label("id"), cast(text, String).label("text"),
        cast(more if more is not None else literal(""), String).label("more"),
        (account_id if account_id is not None else literal(None, Account.id.type)).label("account_id"),
    )  # fmt: skip


def _of_account(subject: str, model, column, text):
    """Rows that belong to an account, which is named beside."""

    def rows(ids: set[int]) -> Select:
        named = _select(subject, model.id, text, Account.name, column)
        return named.join_from(model, Account, Account.id == column).where(model.id.in_(ids))

    return rows


def _alone(subject: str, model, text):
    return lambda ids: _select(subject, model.id, text).where(model.id.in_(ids))


_NAMES = {
    "account": lambda ids: _select("account", Account.id, Account.code, Account.name, Account.id).where(
        Account.id.in_(ids)
    ),
    "asset": _of_account("asset", Asset, Asset.account_id, literal("AS-") + cast(Asset.id, String)),
    "order": _of_account("order", Order, Order.account_id, literal("ORD-") + cast(Order.id, String)),
    "invoice": _of_account("invoice", Invoice, Invoice.billed_account_id, Invoice.number),
    "payment": _of_account("payment", Payment, Payment.account_id, Payment.reference),
    "user": _of_account("user", User, User.account_id, User.name),
    "import": _alone("import", Import, Import.file_name),
    "price_list": _alone("price_list", PriceList, PriceList.name),
    "product": _alone("product", Product, Product.name),
    "product_type": _alone("product_type", ProductType, ProductType.name),
    "tax_code": _alone("tax_code", TaxCode, TaxCode.code),
}
