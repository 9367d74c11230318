"""The demo's orders that wait: for a partner, for credit, for staff, for a start date; a draft, and a basket."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from portal.core import access, audit, clock
from portal.demo.account_tree import AccountTree
from portal.demo.offers import Offer
from portal.demo.people import SIGN_IN_CUSTOMER, SIGN_IN_PARTNER
from portal.extensions import db, settings
from portal.models import Account, Channel, Hold, JobKind, Order, OrderState, Role, User
from portal.services import jobs
from portal.services.ordering import drafts, execution, offers, quotes, submission
from portal.services.ordering.drafts import DraftInput, LineInput

RESERVES_FOR = timedelta(days=60)
"""The orders of one partner are unpaid for so long, and use up its credit."""


@dataclass(frozen=True)
class _Case:
    buyer: Account
    by: User
    hours_ago: float
    lines: list[LineInput]
    state: OrderState = OrderState.SUBMITTED
    hold: Hold | None = None
    po_number: str = ""
    note: str = ""


def create_waiting_orders(tree: AccountTree, sold: list[Offer], now: datetime) -> list[dict[str, object]]:
    """Returns the audit entries. Without our own sandbox none is executed by itself: the server would sell coupons."""
    cases = enumerate(_cases(tree, [offer.product_id for offer in sold], now), start=1)
    may_buy = settings().uses_sandbox
    kept = ((number, case) for number, case in cases if may_buy or case.hold is not Hold.START_DATE)
    return [entry for number, case in kept for entry in _create(case, number, now)]


def _cases(tree: AccountTree, products: list[int], now: datetime) -> list[_Case]:
    mailbox, bundle, short = products[:3]
    partner = next(each for each in tree.partners if each.code == SIGN_IN_PARTNER)
    paula = _person(tree, partner, Role.ADMIN)
    dana = _person(tree, tree.distributor, Role.OPERATOR)
    winery = tree.named(SIGN_IN_CUSTOMER)
    others = [each for each in tree.customers[partner.id] if each is not winery and each in _with_people(tree)]
    tight, careful = [each for each in tree.partners if each is not partner and each.is_synchronized][:2]
    awaits = {"state": OrderState.AWAITING_APPROVAL}
    cases = [
        _Case(winery, _person(tree, winery, Role.OPERATOR), 3, [LineInput(mailbox, 60)], po_number="HW-881", **awaits),
        *(
            _Case(each, tree.users[each.id][0], 20 + 5 * place, [LineInput(bundle, 8 + 6 * place)], **awaits)
            for place, each in enumerate(others[:3])
        ),
        _Case(
            tight,
            _person(tree, tight, Role.ADMIN),
            1.5,
            [LineInput(mailbox, 120), LineInput(bundle, 60), LineInput(short, 45)],
            hold=Hold.CREDIT,
            po_number="4500-2204",
            note="Please execute before Friday; the move starts on Saturday.",
        ),
        _Case(careful, _person(tree, careful, Role.ADMIN), 6, [LineInput(mailbox, 25)], hold=Hold.STAFF),
        _Case(partner, paula, 30, [LineInput(short, 15)], hold=Hold.START_DATE, po_number="2026-118"),
        _Case(partner, dana, 26, [LineInput(mailbox, 40), LineInput(bundle, 40)], state=OrderState.DRAFT),
        _Case(partner, paula, 0.5, [LineInput(mailbox, 25), LineInput(bundle, 5)], state=OrderState.DRAFT),
    ]
    _use_up_credit(tight, now)
    careful.executes_orders = False
    return cases


def _create(case: _Case, number: int, now: datetime) -> list[dict[str, object]]:
    placed_at = now - timedelta(hours=case.hours_ago)
    channel = Channel.BSS if case.by.account.is_distributor else Channel.STOREFRONT
    given = DraftInput(case.lines, po_number=case.po_number, note=case.note)
    order = drafts.new(case.buyer, channel, str(UUID(int=number)), given, case.by)
    order.placed_at = placed_at
    if case.state is OrderState.DRAFT:
        return []
    db.session.flush()
    _submit(access.visible_order(case.by, order.id), case, now)
    entries = [audit.entry("order", order.id, "submitted", by=case.by, at=placed_at)]
    if case.hold is not None:
        held = {"field": "hold", "after": case.hold}
        entries.append(audit.entry("order", order.id, "held", by=case.by, at=placed_at, **held))
    return entries


def _submit(order: Order, case: _Case, now: datetime) -> None:
    payer = offers.payer_of(order.account)
    submission.take_snapshot(order, payer, quotes.quotes_of(order, clock.day_of(now)))
    order.state, order.hold = case.state, case.hold
    if case.hold is Hold.START_DATE:
        order.start_on = clock.day_of(now) + timedelta(days=9)
        jobs.schedule(JobKind.EXECUTE, order.id, execution.start_of(order.start_on))
    if case.hold in (Hold.STAFF, Hold.START_DATE):
        order.reserved = order.total
        payer.reserved += order.total


def _use_up_credit(payer: Account, now: datetime) -> None:
    """All but a little of it, by what was ordered lately."""
    recent = (Order.billed_account_id == payer.id) & (Order.placed_at > now - RESERVES_FOR)
    db.session.execute(update(Order).where(recent).values(reserved=Order.total))
    payer.reserved = sum(db.session.scalars(select(Order.reserved).where(recent)))
    payer.credit_limit = payer.reserved + 100_00


def _person(tree: AccountTree, account: Account, role: Role) -> User:
    return next((user for user in tree.users[account.id] if user.role is role), tree.users[account.id][0])


def _with_people(tree: AccountTree) -> list[Account]:
    return [account for below in tree.customers.values() for account in below if tree.users.get(account.id)]
