"""Drafts: an order that is being prepared. In the Storefront it is the basket, one for each person and buyer."""

import uuid
from collections.abc import Collection, Sequence
from contextlib import suppress

from sqlalchemy import ColumnElement, Select, delete, func, select

from portal.core import access, clock, field_rules, loaded_orders
from portal.core.errors import Conflict, InvalidInput, NotVisible, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import once_more, transaction
from portal.extensions import db
from portal.models import (
    Account,
    Channel,
    NewCustomer,
    Order,
    OrderLine,
    OrderState,
    User,
)
from portal.services.ordering import offers, order_locks, order_rights
from portal.services.ordering.drafts import draft_lines
from portal.services.ordering.drafts.inputs import (
    LONGEST_NOTE,
    LONGEST_PO_NUMBER,
    MOST_LICENCES,
    MOST_LINES,
    CustomerInput,
    DraftInput,
    LineInput,
)

__all__ = [
    "LONGEST_NOTE",
    "LONGEST_PO_NUMBER",
    "MOST_LICENCES",
    "MOST_LINES",
    "CustomerInput",
    "DraftInput",
    "LineInput",
]


def basket_of(user: User) -> Order | None:
    """The person's basket in the name of their own account, ready for quotes. Two statements."""
    rows = access.visible_orders(user).where(*_is_basket(user)).options(*loaded_orders.DRAFT)
    return db.session.scalars(rows, execution_options={"populate_existing": True}).unique().one_or_none()


def count_lines(user: User) -> int:
    """In the basket. One statement."""
    return db.session.scalar(select(func.count()).where(OrderLine.order_id.in_(_basket(user))))


def in_basket(user: User) -> dict[int, tuple[int, int]]:
    """The number of lines and of licences of each product in the basket, by its id. One statement."""
    sums = (func.count(), func.sum(OrderLine.quantity))
    rows = select(OrderLine.product_id, *sums).where(OrderLine.order_id.in_(_basket(user)))
    return {row[0]: (row[1], int(row[2])) for row in db.session.execute(rows.group_by(OrderLine.product_id))}


def add_to_basket(line: LineInput, *, by: User) -> Order:
    """Adds the line at the end of the basket, once for each `line.key`. Raises InvalidInput, Conflict, NotAllowed."""
    return add_all_to_basket([line], by=by)


def add_all_to_basket(added: Sequence[LineInput], *, by: User) -> Order:
    """As add_to_basket, for several lines at once: all of them or none."""
    order_rights.check_buyer(by.account, by)
    # The same form, or the first one of an empty basket, may be sent twice at once.
    return once_more(lambda: _add_all(added, by))


def _add_all(added: Sequence[LineInput], by: User) -> Order:
    with transaction():
        order = _basket_to_change(added, by)
        fresh = [line for line in added if not _is_added(line)]
        if not fresh:
            return order
        positions = select(OrderLine.position).where(OrderLine.order_id == order.id)
        known = db.session.scalars(positions).all()
        _check_number(len(known) + len(fresh))
        accounts = draft_lines.accounts({line.account_id for line in fresh} - {None, by.account_id}, by)
        for position, line in enumerate(fresh, max(known, default=0) + 1):
            db.session.add(draft_lines.line_of(line, position, order, by.account, [], accounts, by))
        order.version += 1
    return order


def create(buyer_id: int, draft: DraftInput, *, by: User, key: str) -> Order:
    """A draft of the distributor's staff. The same key again means the same draft. Raises InvalidInput; Conflict if
    the key was used for a draft of something else, such as by a form that was sent, changed after a way back, and
    sent again."""
    return once_more(lambda: _create(buyer_id, draft, by, key))


def _create(buyer_id: int, draft: DraftInput, by: User, key: str) -> Order:
    with transaction():
        order = db.session.scalar(select(Order).where(Order.key == key))
        if order is None:
            return new(check_buyer(buyer_id, by), Channel.BSS, key, draft, by)
        if order.account_id != buyer_id or not draft_lines.are_in(order, draft.lines):
            raise Conflict(
                _("This form has made %(number)s already, with something else in it. Nothing was ordered or saved.",
                  number=order.number), link=("order", str(order.id)),
            )  # fmt: skip
    return order


def new(buyer: Account, channel: Channel, key: str, draft: DraftInput, by: User) -> Order:
    """Inside a transaction that has locked the buyer."""
    order = _new(buyer, channel, key, by)
    _write(order, draft, by)
    return order


def save(order: Order, draft: DraftInput, *, version: int, by: User) -> Order:
    """Raises StaleVersion, Conflict if it is no draft any more, InvalidInput for a field such as `lines-2-quantity`."""
    with transaction():
        row = lock_draft(order, version, _named(draft.lines, by))
        _write(row, draft, by)
        row.version += 1
    return row


def discard(order: Order, *, version: int, by: User) -> None:
    """Deletes the draft. Raises StaleVersion, Conflict."""
    with transaction():
        row = lock_draft(order, version)
        db.session.execute(delete(OrderLine).where(OrderLine.order_id == row.id))
        db.session.execute(delete(NewCustomer).where(NewCustomer.order_id == row.id))
        db.session.execute(delete(Order).where(Order.id == row.id))


def lock_draft(order: Order, version: int, account_ids: Collection[int] = ()) -> Order:
    """Inside a transaction. `account_ids`: of the lines that will be written."""
    row = order_locks.lock_draft(order.id, account_ids)
    check_draft(row, version)
    return row


def check_draft(row: Order, version: int) -> None:
    """Raises StaleVersion, Conflict."""
    if row.state is not OrderState.DRAFT:
        raise Conflict(_("%(number)s has been submitted already.", number=row.number), link=("order", str(row.id)))
    if row.version != version:
        raise StaleVersion(_("It was changed in the meantime, perhaps in another tab. Nothing was ordered."))


def check_buyer(account_id: int, by: User) -> Account:
    """Inside a transaction. Locked, so that it cannot move before the order is written. Raises InvalidInput."""
    try:
        order_locks.lock_buyer(account_id)
        buyer = access.visible_account(by, account_id)
        order_rights.check_buyer(buyer, by)
    except NotVisible:
        raise InvalidInput("account", _("Choose an account.")) from None
    if buyer.is_distributor:
        raise InvalidInput("account", _("The distributor holds no licences itself. Choose another account."))
    if buyer.is_disabled or offers.payer_of(buyer).is_disabled:
        raise InvalidInput("account", _("This account or its payer is disabled; nothing can be ordered."))
    return buyer


def _basket(user: User) -> Select[tuple[int]]:
    return select(Order.id).where(*_is_basket(user))


def _is_basket(user: User) -> tuple[ColumnElement[bool], ...]:
    is_basket = (Order.state == OrderState.DRAFT) & (Order.channel == Channel.STOREFRONT)
    return is_basket, Order.placed_by_id == user.id, Order.account_id == user.account_id


def _basket_to_change(added: Sequence[LineInput], by: User) -> Order:
    """If it was ordered or emptied while this waited for it, a new one."""
    order_id = db.session.scalar(_basket(by))
    if order_id is not None:
        with suppress(NotVisible):
            row = order_locks.lock_draft(order_id, _named(added, by))
            if row.is_basket:
                return row
    return _new(check_buyer(by.account_id, by), Channel.STOREFRONT, str(uuid.uuid4()), by)


def _new(buyer: Account, channel: Channel, key: str, by: User) -> Order:
    order = Order(
        key=key,
        account_id=buyer.id,
        branch_id=buyer.branch_id,
        billed_account_id=offers.payer_of(buyer).id,
        channel=channel,
        state=OrderState.DRAFT,
        placed_by_id=by.id,
        placed_at=clock.now(),
    )
    db.session.add(order)
    db.session.flush()
    return order


def _named(lines: Sequence[LineInput], by: User) -> Collection[int]:
    """The accounts for which the lines are, of those that the person sees."""
    return draft_lines.accounts({line.account_id for line in lines} - {None, by.account_id}, by).keys()


def _is_added(line: LineInput) -> bool:
    """Raises Conflict if the same form added something else before."""
    if line.key is None:
        return False
    added = select(OrderLine.product_id, OrderLine.quantity).where(OrderLine.key == line.key)
    row = db.session.execute(added).first()
    if row is not None and tuple(row) != (line.product_id, line.quantity):
        raise Conflict(_("This form has added a line already. Load the page again to add another one."))
    return row is not None


def _write(order: Order, draft: DraftInput, by: User) -> None:
    """Inside a transaction that holds the draft."""
    buyer = access.visible_account(by, order.account_id)
    _check_number(len(draft.lines))
    order.po_number = field_rules.kept_text(draft.po_number, "po_number", LONGEST_PO_NUMBER)
    order.note = field_rules.long_text(draft.note, "note", LONGEST_NOTE)
    if by.is_staff:
        order.staff_note = field_rules.long_text(draft.staff_note, "staff_note", LONGEST_NOTE)
    db.session.execute(delete(OrderLine).where(OrderLine.order_id == order.id))
    db.session.execute(delete(NewCustomer).where(NewCustomer.order_id == order.id))
    customers = [
        draft_lines.customer_of(customer, place, order) for place, customer in enumerate(draft.new_customers)
    ]  # fmt: skip
    db.session.add_all(customers)
    db.session.flush()
    accounts = draft_lines.accounts({line.account_id for line in draft.lines} - {None}, by)
    for position, line in enumerate(draft.lines, start=1):
        db.session.add(draft_lines.line_of(line, position, order, buyer, customers, accounts, by))
    db.session.flush()
    order.lines_count = len(draft.lines)
    order.licences = sum(line.quantity for line in draft.lines)


def _check_number(lines: int) -> None:
    if lines > MOST_LINES:
        raise InvalidInput("lines", _("An order has at most %(most)s lines. Make a second one.", most=MOST_LINES))
