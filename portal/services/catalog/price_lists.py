"""Price lists: drafted, assigned to accounts, put in use, followed by a copy, ended."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from babel.numbers import is_currency
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload

from portal.core import access, audit, clock, field_rules
from portal.core.errors import Conflict, InvalidInput, NotVisible, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Account, PriceLine, PriceList, PriceListAccount, Product, User
from portal.services.catalog import price_lines, price_list_use, price_terms
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


def check_editable(row: PriceList, *, by: User) -> None:
    """Raises Conflict from the first day of a list in use on, NotVisible if it is another seller's."""
    if row.seller_id != by.account_id:
        raise NotVisible()
    if not row.is_editable_on(clock.today()):
        raise Conflict(_("It is in use, so it is not edited. Copy it: the copy begins on a later day."))


def save(row: PriceList, *, version: int, details: Mapping[str, Any], lines: Sequence[Line], by: User) -> bool:
    """Saves a draft, or a list in use before its first day, which then holds with the new prices. Returns whether
    anything changed. Raises StaleVersion, Conflict with a sentence, InvalidInput for a field or, as price_lines.check,
    for a line."""
    try:
        with transaction():
            locked = _editable(row, version, by)
            values = _checked(details)
            price_lines.check(locked.currency, lines)
            first_day = locked.valid_from
            if locked.used_at is not None:
                price_list_use.take_back(locked)
            changed = bool(audit.changes("price_list", locked, values, act="change", by=by))
            changed = price_lines.save(locked, lines, by=by) or changed
            locked.version += changed
            if locked.used_at is not None:
                price_list_use.begin(locked, by=by, planned_for=first_day)
        return changed
    except IntegrityError as clash:
        raise Conflict(price_list_use.two_prices()) from clash


def put_in_use(row: PriceList, *, version: int, by: User) -> None:
    """From its first day on it holds, and the list that it follows ends the day before. Raises StaleVersion, Conflict
    with a sentence."""
    try:
        with transaction():
            draft = _editable(row, version, by)
            _refuse_in_use(draft)
            price_list_use.begin(draft, by=by)
            draft.used_at = clock.now()
            draft.version += 1
            audit.record("price_list", draft.id, "use", by=by, after=draft.valid_from)
            db.session.flush()
    except IntegrityError as clash:  # another list was put in use in the same moment
        raise Conflict(price_list_use.two_prices()) from clash


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
        price_list_use.end(locked, last_day, by)


def discard(row: PriceList, *, version: int, by: User) -> None:
    """Deletes a draft, or a list in use before its first day; then the list that it follows goes on. Raises
    StaleVersion, Conflict."""
    try:
        with transaction():
            locked = _editable(row, version, by)
            if locked.used_at is not None:
                price_list_use.take_back(locked)
                price_list_use.let_go_on(locked, by=by)
            _delete(locked, by)
    except IntegrityError as clash:
        raise Conflict(price_list_use.two_prices()) from clash


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
                price_list_use.refuse_clash(locked, [account.id])
                price_terms.write(locked, [account.id])
            audit.record("price_list", locked.id, "assign", by=by, after=account.code)
            audit.record("account", account.id, "price list", by=by, after=locked.name)
    except IntegrityError as clash:
        raise Conflict(price_list_use.two_prices()) from clash


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
    locked = _lock(row)
    if locked.seller_id != by.account_id:
        raise NotVisible()
    return locked


def _lock(row: PriceList) -> PriceList:
    """With the list that it follows, which may end for it: in the order of their ids, as a merge locks them. Not their
    keys: an order, which holds its accounts, names the list of its price. Raises NotVisible."""
    rows = select(PriceList).where(PriceList.id.in_({row.id, row.follows_id} - {None})).order_by(PriceList.id)
    locked = rows.with_for_update(of=PriceList, key_share=True).execution_options(populate_existing=True)
    found = {each.id: each for each in db.session.scalars(locked)}
    if row.id not in found:
        raise NotVisible()
    return found[row.id]


def _editable(row: PriceList, version: int, by: User) -> PriceList:
    locked = _lock(row)
    check_editable(locked, by=by)
    if locked.version != version:
        raise StaleVersion(_("Somebody else saved this price list in the meantime. Nothing of yours was saved."))
    return locked


def _delete(row: PriceList, by: User) -> None:
    drafts = update(PriceList).where(PriceList.follows_id == row.id)
    db.session.execute(drafts.values(follows_id=row.follows_id))
    db.session.execute(delete(PriceListAccount).where(PriceListAccount.list_id == row.id))
    db.session.execute(delete(PriceLine).where(PriceLine.list_id == row.id))
    audit.record("price_list", row.id, "delete", by=by, before=row.name)
    db.session.delete(row)


def _refuse_in_use(row: PriceList) -> None:
    if row.used_at is not None:
        raise Conflict(_("It is in use already."))


def _checked(details: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(details)
    if "name" in values:
        values["name"] = field_rules.name(" ".join(values["name"].split()), "name", LONGEST_NAME)
    until = values.get("valid_until")
    if until is not None and until < values["valid_from"]:
        raise InvalidInput("valid_until", _("The last day is before the first."))
    return values


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
