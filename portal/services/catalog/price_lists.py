"""Price lists: drafted, assigned to accounts, put in use, followed by a copy, ended."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from babel.numbers import is_currency
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload

from portal.core import access, audit, clock, field_rules
from portal.core.audit import Actor
from portal.core.errors import Conflict, InvalidInput, NotVisible, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Account, PriceLine, PriceList, PriceListAccount, Product, User
from portal.services.catalog import price_lines, price_terms
from portal.services.catalog.price_lines import Line

LONGEST_NAME = 120


def price_list(user: User, list_id: int) -> PriceList:
    """With its lines, their products and list prices. Raises NotVisible."""
    lines = selectinload(PriceList.lines).joinedload(PriceLine.product).selectinload(Product.prices)
    rows = access.visible_price_lists(user).where(PriceList.id == list_id)
    rows = rows.options(lines, joinedload(PriceList.follows), joinedload(PriceList.seller))
    row = db.session.scalar(rows.execution_options(populate_existing=True))
    if row is None:
        raise NotVisible()
    return row


def create(*, details: Mapping[str, Any], by: User) -> PriceList:
    """A draft of the person's own account as seller. `details`: name, currency, valid_from, valid_until, is_for_all.
    Raises InvalidInput."""
    with transaction():
        row = PriceList(seller_id=by.account_id, created_at=clock.now(), **_checked(details))
        if not is_currency(row.currency):
            raise InvalidInput("currency", _("Choose a currency."))
        db.session.add(row)
        db.session.flush()
        audit.record("price_list", row.id, "create", by=by, after=row.name)
    return row


def copy(row: PriceList, *, by: User) -> PriceList:
    """A draft with the same lines and accounts that follows the list on the day after it ends; if its end is open, on
    the earliest later day. Raises Conflict if there is no later day."""
    with transaction():
        source = _locked(row, by)
        copied = PriceList(
            seller_id=source.seller_id, name=source.name, currency=source.currency,
            valid_from=_day_after(source), is_for_all=source.is_for_all,
            follows_id=source.id if source.used_at else None, created_at=clock.now(),
        )  # fmt: skip
        db.session.add(copied)
        db.session.flush()
        for line in price_lines.lines_of(source):
            values = {name: getattr(line, name) for name in ("product_id", "min_quantity", "amount", "discount")}
            db.session.add(PriceLine(list_id=copied.id, **values))
        for account_id in price_terms.assigned_ids(source):
            db.session.add(PriceListAccount(list_id=copied.id, account_id=account_id))
        audit.record("price_list", copied.id, "copy", by=by, after=copied.name, why=f"Of price list {source.id}")
    return copied


def check_draft(row: PriceList, *, by: User) -> None:
    """Raises Conflict if it is in use, NotVisible if it is another seller's."""
    if row.seller_id != by.account_id:
        raise NotVisible()
    _refuse_in_use(row)


def save(row: PriceList, *, version: int, details: Mapping[str, Any], lines: Sequence[Line], by: User) -> bool:
    """Saves a draft. Returns whether anything changed. Raises StaleVersion, Conflict if it is in use, InvalidInput for
    a field or, as price_lines.check, for a line."""
    with transaction():
        draft = _draft(row, version, by)
        values = _checked(details)
        price_lines.check(draft.currency, lines)
        changed = bool(audit.changes("price_list", draft, values, act="change", by=by))
        changed = price_lines.save(draft, lines, by=by) or changed
        draft.version += changed
    return changed


def put_in_use(row: PriceList, *, version: int, by: User) -> None:
    """From its first day on it holds, and the list that it follows ends the day before. Raises StaleVersion, Conflict
    with a sentence."""
    try:
        with transaction():
            draft = _draft(row, version, by)
            _check_usable(draft)
            if draft.follows_id is not None:
                _end(lock(PriceList, draft.follows_id), draft.valid_from - timedelta(days=1), by)
            _refuse_clash(draft)
            draft.used_at = clock.now()
            draft.version += 1
            price_terms.write(draft)
            audit.record("price_list", draft.id, "use", by=by, after=draft.valid_from)
            db.session.flush()
    except IntegrityError as clash:  # another list was put in use in the same moment
        raise Conflict(_two_prices()) from clash


def end(row: PriceList, *, last_day: date, by: User) -> None:
    """A list in use holds until this day, today or later. Raises InvalidInput, Conflict."""
    with transaction():
        locked = _locked(row, by)
        if locked.used_at is None:
            raise Conflict(_("It is a draft. Delete it instead."))
        if last_day < clock.today():
            raise InvalidInput("last_day", _("Choose today or a later day. What was sold keeps its price."))
        if locked.valid_until is not None and last_day > locked.valid_until:
            raise InvalidInput("last_day", _("It ends earlier. Copy it to go on with its prices."))
        if last_day < locked.valid_from:
            raise InvalidInput("last_day", _("The last day is before the first."))
        _end(locked, last_day, by)


def discard(row: PriceList, *, by: User) -> None:
    """Deletes a draft. Raises Conflict."""
    with transaction():
        draft = _locked(row, by)
        _refuse_in_use(draft)
        db.session.execute(delete(PriceListAccount).where(PriceListAccount.list_id == draft.id))
        db.session.execute(delete(PriceLine).where(PriceLine.list_id == draft.id))
        audit.record("price_list", draft.id, "delete", by=by, before=draft.name)
        db.session.delete(draft)


def assign(row: PriceList, account: Account, *, by: User) -> None:
    """Also for a list in use. Raises InvalidInput if the account is not directly below the seller or pays in another
    currency, Conflict if it would have two prices."""
    try:
        with transaction():
            locked, account = _locked(row, by), lock(Account, account.id)
            _check_buyer(locked, account)
            if db.session.get(PriceListAccount, (locked.id, account.id)) is not None:
                return
            db.session.add(PriceListAccount(list_id=locked.id, account_id=account.id))
            db.session.flush()
            if locked.used_at is not None:
                _refuse_clash(locked, [account.id])
                price_terms.write(locked, [account.id])
            audit.record("price_list", locked.id, "assign", by=by, after=account.code)
            audit.record("account", account.id, "price list", by=by, after=locked.name)
    except IntegrityError as clash:
        raise Conflict(_two_prices()) from clash


def unassign(row: PriceList, account: Account, *, by: User) -> None:
    """The account pays what the next step of the resolution gives (resolution.py)."""
    with transaction():
        locked = _locked(row, by)
        of_account = (PriceListAccount.list_id == locked.id, PriceListAccount.account_id == account.id)
        if not db.session.execute(delete(PriceListAccount).where(*of_account)).rowcount:
            return
        price_terms.remove(locked, account.id)
        audit.record("price_list", locked.id, "unassign", by=by, before=account.code)
        audit.record("account", account.id, "price list", by=by, before=locked.name)


def assigned(row: PriceList) -> list[Account]:
    """By name."""
    rows = access.accounts_for_command().where(Account.id.in_(price_terms.assigned_ids(row)))
    return list(db.session.scalars(rows.order_by(Account.name_sort, Account.id)))


def _day_after(row: PriceList) -> date:
    """On which a copy begins: after today, and after the list's last day, or its first if the end is open."""
    last = max(row.valid_until or row.valid_from, clock.today())
    if last == date.max:
        raise Conflict(_("It ends on the last day that there is, so nothing can follow it."))
    return last + timedelta(days=1)


def _locked(row: PriceList, by: User) -> PriceList:
    locked = lock(PriceList, row.id)
    if locked.seller_id != by.account_id:
        raise NotVisible()
    return locked


def _draft(row: PriceList, version: int, by: User) -> PriceList:
    draft = lock(PriceList, row.id)
    check_draft(draft, by=by)
    if draft.version != version:
        raise StaleVersion(_("Somebody else saved this price list in the meantime. Nothing of yours was saved."))
    return draft


def _refuse_in_use(row: PriceList) -> None:
    if row.used_at is not None:
        raise Conflict(_("It is in use, so it is not edited. Copy it: the copy begins on a later day."))


def _checked(details: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(details)
    if "name" in values:
        values["name"] = field_rules.name(" ".join(values["name"].split()), "name", LONGEST_NAME)
    until = values.get("valid_until")
    if until is not None and until < values["valid_from"]:
        raise InvalidInput("valid_until", _("The last day is before the first."))
    return values


def _check_usable(draft: PriceList) -> None:
    if draft.valid_from < clock.today():
        raise Conflict(_("Its first day is over. Choose today or a later day."))
    if not price_lines.lines_of(draft):
        raise Conflict(_("It has no prices yet."))
    if not draft.is_for_all and not price_terms.assigned_ids(draft):
        raise Conflict(_("It is assigned to no account yet."))


def _refuse_clash(row: PriceList, account_ids: Sequence[int] | None = None) -> None:
    found = price_terms.clash(row, account_ids)
    if found is None:
        return
    other, product, account = found
    raise Conflict(
        _(
            "%(account)s would have two prices for %(product)s: “%(other)s” holds on some of these days.",
            account=account.name if account else _("Every account"), product=product.name, other=other.name,
        )
    )  # fmt: skip


def _two_prices() -> str:
    return _("An account would have two prices for a product on one day. Nothing was changed. Look at its lists.")


def _end(row: PriceList, last_day: date, by: Actor) -> None:
    if row.used_at is None or (row.valid_until is not None and row.valid_until <= last_day):
        return
    if last_day < row.valid_from:
        raise Conflict(_("“%(name)s”, which it follows, would end before it begins.", name=row.name))
    audit.changes("price_list", row, {"valid_until": last_day}, act="end", by=by)
    row.version += 1
    price_terms.end(row, last_day)
    db.session.flush()


def _check_buyer(row: PriceList, account: Account) -> None:
    if account.parent_id != row.seller_id:
        raise InvalidInput("account", _("A price list is for accounts directly below its seller."))
    if account.currency != row.currency:
        raise InvalidInput(
            "account",
            _("%(name)s pays in %(currency)s, so this list would never hold for it.", name=account.name,
              currency=account.currency),
        )  # fmt: skip


def holding(account: Account) -> list[PriceList]:
    """The lists that are assigned to the account, newest first, without drafts."""
    rows = select(PriceList).join(PriceListAccount, PriceListAccount.list_id == PriceList.id)
    of_account = rows.where(PriceListAccount.account_id == account.id, PriceList.used_at.is_not(None))
    return list(db.session.scalars(of_account.order_by(PriceList.valid_from.desc(), PriceList.id.desc())))
