"""Merges an account into another one that is the same: assets, orders, people, customers and price lists move.

The merged account stays as a row, out of use. Its code and the address of its page find the one that was kept.

Who paid: a bill stays with whoever paid it. Only where the merged account itself was billed, the kept one is now, as it
is the same payer under its other number; what a partner was billed for its customers stays billed to that partner.
Coupons belong to the payer's organisation at BitTitan, so a payer is only merged into an account of the same one, and
open attempts keep payload and bill, as in a move (account_moves.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, String, Update, and_, delete, func, literal, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from portal.core import access, audit, clock
from portal.core.errors import Conflict, InvalidInput, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, lock_in_order, transaction
from portal.extensions import db
from portal.models import (
    Account,
    AccountKind,
    Asset,
    Invoice,
    Message,
    Order,
    OrderLine,
    Payment,
    PriceList,
    PriceTerm,
    Reminder,
    ReminderPreference,
    ReminderRecipient,
    User,
)
from portal.services.accounts import account_lookalikes, account_moves, account_orders, account_rights
from portal.services.accounts.account_moves import PriceChange, Side
from portal.services.asset_requests import request_list
from portal.services.catalog import price_terms
from portal.services.lists.list_counts import CAP
from portal.services.users import shown_links

LONGEST_REASON = 500
MOST_ALIKE = 5


def merge(merged: Account, kept: Account, *, versions: tuple[int, int], why: str, by: audit.Actor) -> None:
    """`versions`: of both, as the person saw them. `why` is required. Raises NotVisible, NotAllowed, InvalidInput,
    StaleVersion, Conflict."""
    if not why.strip() or len(why) > LONGEST_REASON:
        raise InvalidInput("why", _("Write why, in at most %(most)s characters.", most=LONGEST_REASON))
    with transaction():
        merged, kept = _locked(merged, kept)
        check(merged, kept, by)
        check_seen(merged, kept, versions)
        way = _Merge(merged, kept, why.strip(), by)
        for step in (_move_what_it_has, _move_customers, _move_price_lists, _take_out_of_use):
            step(way)


def check_seen(merged: Account, kept: Account, versions: tuple[int, int]) -> None:
    """Raises StaleVersion."""
    if (merged.version, kept.version) != versions:
        raise StaleVersion(_("One of both accounts changed in the meantime. Nothing was merged. Look at it below."))


@dataclass(frozen=True)
class MergePreview:
    merged: Account
    kept: Account
    refusals: list[str]
    now: Side
    """Who sees and pays for the account that is merged; `then`: for the kept one."""
    then: Side
    prices: Sequence[PriceChange]
    assets: int
    """Up to CAP + 1, as the other numbers."""
    orders: int
    people: int
    customers: int
    price_lists: int
    """Of its own, for its customers."""
    billed: int
    """Assets that it was billed for itself."""
    open_attempts: int
    frees_people: bool
    """It is disabled, and its people will be able to sign in again."""


def preview(merged: Account, kept: Account) -> MergePreview:
    """The caller has checked that the viewer may merge them. `refusals` say why it cannot be done."""
    return MergePreview(
        merged,
        kept,
        list(refusals(merged, kept)),
        account_moves.side(merged, merged.parent),
        account_moves.side(kept, kept.parent),
        account_moves.prices(merged, kept),
        _number(Asset.account_id == merged.id),
        _number(Order.account_id == merged.id),
        _number(User.account_id == merged.id),
        _number(is_below(merged)),
        _number(PriceList.seller_id == merged.id),
        _number(Asset.billed_account_id == merged.id),
        account_moves.open_attempts(merged),
        merged.is_disabled,
    )


def alike(account: Account, by: User) -> list[Account]:
    """Accounts of the same type with the same name, e-mail address or VAT number, by name."""
    own = [text for text in account_lookalikes.addresses(account) if text]
    same = [getattr(Account, name).in_(own) for name in account_lookalikes.ADDRESSES]
    same.append(Account.name_key == account.name_key)
    if account.vat_number:
        same.append(Account.vat_number == account.vat_number)
    rows = access.visible_accounts(by).where(Account.id != account.id, Account.kind == account.kind, or_(*same))
    return list(db.session.scalars(rows.order_by(Account.name_sort, Account.id).limit(MOST_ALIKE)))


def is_below(account: Account) -> ColumnElement[bool]:
    return and_(Account.parent_id == account.id, access.IS_NOT_MERGED)


def _number(condition: ColumnElement[bool]) -> int:
    rows = select(literal(1)).where(condition).limit(CAP + 1)
    return db.session.scalar(select(func.count()).select_from(rows.subquery()))


def check(merged: Account, kept: Account, by: audit.Actor) -> None:
    """Raises NotVisible, NotAllowed, and Conflict with the first reason."""
    account_rights.check_merge(by)
    for sentence in refusals(merged, kept):
        raise Conflict(sentence)


def refusals(merged: Account, kept: Account) -> Iterator[str]:
    """Why the one is not merged into the other, if it is not."""
    if (sentence := _of_their_place(merged, kept)) is not None:
        yield sentence
        return
    both = {"merged": merged.name, "kept": kept.name}
    if kept.is_disabled or kept.parent.is_disabled:
        yield _("%(kept)s, or the account above it, is disabled. Enable it first, or choose another.", **both)
    if (number := account_orders.waiting(merged)) is not None:
        yield _("%(number)s waits. Let it be decided or executed first.", number=number)
    if merged.reserved and merged.currency != kept.currency:
        yield _("Orders of %(merged)s use up credit in %(one)s.", merged=merged.name, one=merged.currency)
    if merged.organization_id != kept.organization_id and _has_coupons(merged, kept):
        yield _(
            "They are different organisations at BitTitan, and the coupons that %(merged)s paid for belong to its own. "
            "Synchronize both with the same e-mail address first.", **both,
        )  # fmt: skip
    if merged.kind is AccountKind.PARTNER:
        yield from _of_partners(merged, kept)


def _of_their_place(merged: Account, kept: Account) -> str | None:
    if merged.id == kept.id:
        return _("An account cannot be merged into itself.")
    if merged.is_distributor or kept.is_distributor:
        return _("The distributor’s own account cannot be merged.")
    for account in (merged, kept):
        if account.is_merged:
            return _(
                "%(name)s (%(code)s) is merged into another account already.", name=account.name, code=account.code
            )
    if merged.parent_id == kept.id or kept.parent_id == merged.id:
        return _("One of both belongs to the other. Move it to another account first.")
    if merged.kind is not kept.kind:
        return _("One is a partner and one is a customer. Only two accounts of the same type can be merged.")
    return None


def _of_partners(merged: Account, kept: Account) -> Iterator[str]:
    if merged.currency != kept.currency:
        yield _(
            "%(merged)s pays in %(one)s and %(kept)s in %(other)s, and so do its customers.",
            merged=merged.name, kept=kept.name, one=merged.currency, other=kept.currency,
        )  # fmt: skip
    for name in db.session.scalars(_lists_for_all(merged)):
        yield _(
            "The price list “%(list)s” of %(merged)s is for all its customers, and would be for those of %(kept)s, "
            "too. It must end first.", list=name, merged=merged.name, kept=kept.name,
        )  # fmt: skip


def _has_coupons(merged: Account, kept: Account) -> bool:
    """Two partners that are both known to BitTitan, as different ones, are not the same, whatever they bought."""
    if merged.kind is AccountKind.PARTNER and merged.is_synchronized and kept.is_synchronized:
        return True
    return db.session.scalar(select(Asset.id).where(Asset.billed_account_id == merged.id).limit(1)) is not None


def _lists_for_all(seller: Account) -> Select[tuple[str]]:
    is_over = PriceList.valid_until < clock.today()
    rows = select(PriceList.name).where(PriceList.seller_id == seller.id, PriceList.is_for_all)
    return rows.where(PriceList.used_at.is_not(None), or_(PriceList.valid_until.is_(None), ~is_over))


def _locked(merged: Account, kept: Account) -> tuple[Account, Account]:
    """With the customers, all in the order of their ids, as orders and moves lock them: they wait for each other
    instead of deadlocking. Its price lists before them, as whoever gives one to an account holds the list first."""
    lists = select(PriceList.id).where(PriceList.seller_id == merged.id).order_by(PriceList.id)
    db.session.execute(lists.with_for_update(key_share=True))  # not their keys: an order names the list of its price
    customers = db.session.scalars(select(Account.id).where(Account.parent_id == merged.id))
    lock_in_order(Account, [merged.id, kept.id, *customers])
    return lock(Account, merged.id), lock(Account, kept.id)


@dataclass(frozen=True)
class _Merge:
    merged: Account
    kept: Account
    why: str
    by: audit.Actor

    def move(self, column: InstrumentedAttribute, field: str, *, also: Sequence = (), **values) -> None:
        """Rows whose column names the merged account get the kept one, and each an entry in the audit log."""
        model, condition = column.class_, and_(column == self.merged.id, *also)
        texts = {"before": self.merged.code, "after": self.kept.code, "why": self.why}
        columns = (literal(text, String).label(name) for name, text in texts.items())
        rows = select(model.id.label("subject_id"), *columns).where(condition)
        audit.record_each(rows, _SUBJECTS[model], "moved", by=self.by, at=clock.now(), field=field)
        _write(update(model).where(condition).values({column.key: self.kept.id} | values))


_SUBJECTS = {
    Asset: "asset",
    Order: "order",
    User: "user",
    Account: "account",
    Invoice: "invoice",
    Payment: "payment",
    PriceList: "price_list",
}


def _move_what_it_has(way: _Merge) -> None:
    way.move(Asset.account_id, "account", branch_id=way.kept.branch_id)
    way.move(Asset.billed_account_id, "billed")
    way.move(Order.account_id, "account", branch_id=way.kept.branch_id)
    way.move(Order.billed_account_id, "billed")
    _write(update(OrderLine).where(OrderLine.account_id == way.merged.id).values(account_id=way.kept.id))
    way.kept.reserved, way.merged.reserved = way.kept.reserved + way.merged.reserved, 0
    if way.merged.parent_id != way.kept.parent_id:
        shown_links.withdraw_of(way.merged)
    way.move(User.account_id, "account")
    way.move(Invoice.billed_account_id, "billed")
    way.move(Payment.account_id, "account")
    _write(update(Message).where(Message.account_id == way.merged.id).values(account_id=way.kept.id))
    _write(update(Reminder).where(Reminder.account_id == way.merged.id).values(account_id=way.kept.id))
    request_list.follow_merge(way.merged, way.kept)
    for table in (ReminderRecipient, ReminderPreference):
        _write(delete(table).where(table.account_id == way.merged.id))


def _move_customers(way: _Merge) -> None:
    """Their assets follow by the cascading foreign key. Those merged into this one are merged into the kept one."""
    place = {"branch_id": way.kept.branch_id, "version": Account.version + 1}
    way.move(Account.parent_id, "parent", also=[access.IS_NOT_MERGED], **place)
    of_merged = update(Account).where(Account.merged_into_id == way.merged.id)
    _write(of_merged.values(merged_into_id=way.kept.id))


def _move_price_lists(way: _Merge) -> None:
    """Its own as a seller go on for the customers to whom they are assigned. Terms for all its customers have ended
    (`_of_partners`), and could meet those of the kept seller. What it paid itself is what the kept one pays."""
    price_terms.remove_of_account(way.merged, way.by)
    price_terms.remove_for_all(way.merged)
    _write(update(PriceTerm).where(PriceTerm.seller_id == way.merged.id).values(seller_id=way.kept.id))
    way.move(PriceList.seller_id, "seller")


def _take_out_of_use(way: _Merge) -> None:
    merged, kept = way.merged, way.kept
    root = db.session.scalars(select(Account.id).where(Account.kind == AccountKind.DISTRIBUTOR)).one()
    merged.parent_id, merged.branch_id, merged.merged_into_id = root, None, kept.id
    merged.disabled_at = merged.disabled_at or clock.now()
    for row in (merged, kept):
        row.version += 1
    names = {"before": _name(merged), "after": _name(kept), "why": way.why}
    audit.record("account", merged.id, "merged", by=way.by, field="merged_into", **names)
    audit.record("account", kept.id, "took over", by=way.by, **names)


def _write(statement: Update) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))


def _name(account: Account) -> str:
    return f"{account.code}, {account.name}"
