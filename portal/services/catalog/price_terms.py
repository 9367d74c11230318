"""Keeps the terms (models/price.py) equal to the lists in use, and finds where two lists would give two prices."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, and_, delete, func, insert, literal, null, or_, select, update
from sqlalchemy.orm import aliased

from portal.core import audit
from portal.core.audit import Actor
from portal.extensions import db
from portal.models import Account, PriceLine, PriceList, PriceListAccount, PriceTerm, Product

_FAR = date(9999, 12, 31)


def write(row: PriceList, account_ids: Sequence[int] | None = None) -> None:
    """Inside a transaction that has locked the list. Adds its terms: for these accounts, or for all to which it is
    assigned and, if it is for all, without an account."""
    given = locked_accounts(row) if account_ids is None else account_ids
    columns = (
        "seller_id", "currency", "product_id", "min_quantity", "valid_from", "valid_until", "list_id", "line_id",
        "buyer_id",
    )  # fmt: skip
    for buyer_id in (*given, *([None] if row.is_for_all and account_ids is None else [])):
        lines = select(
            literal(row.seller_id), literal(row.currency), PriceLine.product_id, PriceLine.min_quantity,
            literal(row.valid_from), literal(row.valid_until, PriceTerm.valid_until.type), PriceLine.list_id,
            PriceLine.id, null() if buyer_id is None else literal(buyer_id),
        ).where(PriceLine.list_id == row.id)  # fmt: skip
        # In one order everywhere, so that two lists put in use at once wait for each other instead of deadlocking.
        in_order = lines.order_by(PriceLine.product_id, PriceLine.min_quantity)
        db.session.execute(insert(PriceTerm).from_select(columns, in_order))


def end(row: PriceList, last_day: date | None) -> None:
    """Inside a transaction. The list's terms end on this day, or never; those that would begin later are gone."""
    of_list = PriceTerm.list_id == row.id
    if last_day is not None:
        db.session.execute(delete(PriceTerm).where(of_list, PriceTerm.valid_from > last_day))
    db.session.execute(update(PriceTerm).where(of_list).values(valid_until=last_day))


def remove_all(row: PriceList) -> None:
    """Inside a transaction. The list holds for nobody any more."""
    db.session.execute(delete(PriceTerm).where(PriceTerm.list_id == row.id))


def remove(row: PriceList, account_id: int) -> None:
    """Inside a transaction. The list no longer holds for this account."""
    db.session.execute(delete(PriceTerm).where(PriceTerm.list_id == row.id, PriceTerm.buyer_id == account_id))


def remove_of_account(account: Account, by: Actor) -> None:
    """Inside a transaction that moves the account under another seller, or merges it into another account: none of its
    lists holds any more."""
    for row in db.session.execute(_lists_of(account)):
        audit.record("price_list", row.id, "unassign", by=by, before=account.code)
        audit.record("account", account.id, "price list", by=by, before=row.name)
    db.session.execute(delete(PriceListAccount).where(PriceListAccount.account_id == account.id))
    db.session.execute(delete(PriceTerm).where(PriceTerm.buyer_id == account.id))


def remove_for_all(seller: Account) -> None:
    """Inside a transaction. No list of this seller holds for all its customers any more."""
    db.session.execute(delete(PriceTerm).where(PriceTerm.seller_id == seller.id, PriceTerm.buyer_id.is_(None)))


def _lists_of(account: Account) -> Select:
    lists = select(PriceList.id, PriceList.name).join(PriceListAccount, PriceListAccount.list_id == PriceList.id)
    return lists.where(PriceListAccount.account_id == account.id).order_by(PriceList.id)


def clash(row: PriceList, account_ids: Sequence[int] | None = None) -> tuple[PriceList, Product, Account | None] | None:
    """Another list in use that has a price for the same buyer, product, minimum quantity and a day of this list.
    `account_ids`: only for these."""
    other, line = aliased(PriceTerm), aliased(PriceLine)
    buyers = list(assigned_ids(row) if account_ids is None else account_ids)
    is_for_all = row.is_for_all and account_ids is None
    query = (
        select(PriceList, Product, Account)
        .join(other, other.list_id == PriceList.id)
        .join(line, and_(line.product_id == other.product_id, line.min_quantity == other.min_quantity))
        .join(Product, Product.id == other.product_id)
        .outerjoin(Account, Account.id == other.buyer_id)
        .where(
            line.list_id == row.id,
            other.list_id != row.id,
            or_(other.buyer_id.in_(buyers), and_(other.buyer_id.is_(None), literal(is_for_all))),
            other.seller_id == row.seller_id,
            other.currency == row.currency,
            other.valid_from <= (row.valid_until or _FAR),
            func.coalesce(other.valid_until, _FAR) >= row.valid_from,
        )
        .order_by(other.id)
        .limit(1)
    )
    found = db.session.execute(query).first()
    return None if found is None else tuple(found)


def assigned_ids(row: PriceList) -> Sequence[int]:
    ids = select(PriceListAccount.account_id).where(PriceListAccount.list_id == row.id)
    return db.session.scalars(ids.order_by(PriceListAccount.account_id)).all()


def locked_accounts(row: PriceList) -> Sequence[int]:
    """Those to which it is assigned, locked, so that none of them moves to another seller before its terms are
    written."""
    accounts = select(Account.id).where(Account.id.in_(assigned_ids(row))).order_by(Account.id)
    db.session.execute(accounts.with_for_update(read=True, key_share=True))
    return assigned_ids(row)  # without those that have moved while we waited
