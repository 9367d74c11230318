"""Execute: each line of a submitted order becomes an asset with its first attempt, all in one transaction."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.core import audit, clock, field_rules
from portal.core.audit import Actor
from portal.core.errors import Conflict, InvalidInput, NotAllowed, NotVisible, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import settings
from portal.models import (
    Asset,
    Hold,
    InvoiceTiming,
    JobKind,
    Lifecycle,
    Order,
    OrderLine,
    OrderState,
    User,
)
from portal.services import credit, jobs, provisioning
from portal.services.catalog import product_changes
from portal.services.ordering import order_locks, order_rights

LONGEST_REASON = 500


@dataclass(frozen=True)
class Decision:
    """What staff decide when they execute an order."""

    invoice_timing: InvoiceTiming = InvoiceTiming.NEXT_RUN
    invoice_reason: str = ""
    """Needed if it is never invoiced."""
    start_on: date | None = None
    """Later than today: the order waits for that day. Otherwise only for the record."""
    over_limit_reason: str = ""
    """Needed if the order exceeds the credit limit."""


def take_in(order: Order, *, by: Actor, executes: bool = True) -> None:
    """Inside a transaction that holds the payer and the submitted order: executes it, or says what it waits for."""
    order.hold = _hold(order, executes, by)
    if order.hold is None:
        _execute(order, by)
    else:
        audit.record("order", order.id, "held", by=by, field="hold", after=order.hold)


def execute(order: Order, decision: Decision, *, version: int, by: User) -> Order:
    """By the distributor's staff. Raises NotAllowed, StaleVersion, Conflict; InvalidInput for `invoice_reason` or
    `over_limit_reason`."""
    with transaction("reserve"):
        row = order_locks.lock_order(order.id, by)
        _check_may_execute(row, version, by)
        is_reserved = has_reserved(row)
        _decide(row, decision)
        _check_payer(row)
        if not (is_reserved or credit.reserve(row)):
            _go_beyond_the_limit(row, decision, by)
        row.version += 1
        if row.start_on is not None and row.start_on > clock.day_of(clock.now()):
            _wait_for_start(row, by)
        else:
            _execute(row, by)
    return row


def execute_on_start_date(order_id: int) -> datetime | None:
    """A step of the worker. Returns when it is due if the day has not come yet."""
    with transaction("reserve"):
        try:
            row = order_locks.lock_order(order_id, None)
        except NotVisible:
            return None
        if row.state is not OrderState.SUBMITTED or row.hold is not Hold.START_DATE:
            return None
        if row.start_on > clock.day_of(clock.now()):
            return start_of(row.start_on)
        row.version += 1
        by = audit.process_for(audit.last_person("order", row.id, "held"), audit.SCHEDULED)
        reason = _payer_problem(row) or _product_problem(row)
        if reason is None:
            _execute(row, by)
        else:
            row.hold = reason
            audit.record("order", row.id, "held", by=by, field="hold", after=reason)
    return None


def _hold(order: Order, executes: bool, by: Actor) -> Hold | None:
    if (problem := _payer_problem(order) or _product_problem(order)) is not None:
        return problem
    if not credit.reserve(order):
        return Hold.CREDIT
    is_by_staff = isinstance(by, User) and by.is_staff
    return None if executes and (is_by_staff or order.billed_account.executes_orders) else Hold.STAFF


def _payer_problem(order: Order) -> Hold | None:
    payer, users = order.billed_account, (line.account for line in order.lines)
    is_ready = payer.is_synchronized and not any(account.is_disabled for account in (payer, *users))
    return None if is_ready else Hold.LINK


def _product_problem(order: Order) -> Hold | None:
    return None if all(line.product.type.sku_id for line in order.lines) else Hold.PRODUCT


def _check_may_execute(order: Order, version: int, by: User) -> None:
    if order.state is not OrderState.SUBMITTED:
        raise Conflict(order_rights.too_late(order))
    if not order_rights.may_execute(order, by):
        raise NotAllowed()
    if order.version != version:
        raise StaleVersion(_("The order was changed in the meantime. Look at it, then press again."))


def _decide(order: Order, decision: Decision) -> None:
    is_never = decision.invoice_timing is InvoiceTiming.NEVER
    reason = field_rules.long_text(decision.invoice_reason, "invoice_reason", LONGEST_REASON) if is_never else ""
    if is_never and not reason:
        raise InvalidInput("invoice_reason", _("Say why this order is not invoiced."))
    order.invoice_timing, order.invoice_reason = decision.invoice_timing, reason
    order.start_on = decision.start_on


def _check_payer(order: Order) -> None:
    payer = order.billed_account
    for account in (payer, *(line.account for line in order.lines)):
        if account.is_disabled:
            raise Conflict(_("%(name)s is disabled; nothing can be ordered for it.", name=account.name))
    if not payer.is_synchronized:
        raise Conflict(
            _("%(name)s is not synchronized with BitTitan. Synchronize the account first.", name=payer.name),
            link=("account", str(payer.id)),
        )
    gone = next((line for line in order.lines if line.product.type.sku_id is None), None)
    if gone is not None:
        raise Conflict(_("BitTitan no longer sells %(name)s. Reject the order.", name=gone.product_type))


def has_reserved(order: Order) -> bool:
    """Also what was paid before it is executed, which reserves nothing any more. An order with a start date reserved
    when it was given one, whatever it waits for since."""
    return order.reserved > 0 or order.hold in (Hold.STAFF, Hold.START_DATE) or order.start_on is not None


def _go_beyond_the_limit(order: Order, decision: Decision, by: User) -> None:
    reason = field_rules.long_text(decision.over_limit_reason, "over_limit_reason", LONGEST_REASON)
    if not reason:
        raise InvalidInput("over_limit_reason", _("Say why this order may go over the credit limit."))
    credit.reserve(order, beyond_the_limit=True)
    audit.record("order", order.id, "over the limit", by=by, why=reason)


def _wait_for_start(order: Order, by: User) -> None:
    order.hold = Hold.START_DATE
    jobs.schedule(JobKind.EXECUTE, order.id, start_of(order.start_on))
    audit.record("order", order.id, "held", by=by, field="hold", after=order.hold)


def start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=settings().time_zone)


def _execute(order: Order, by: Actor) -> None:
    now = clock.now()
    made = [_asset(order, line, now) for line in order.lines]
    sku_ids = {line.product_id: line.product.type.sku_id for line in order.lines}
    ids = provisioning.create(made, order, sku_ids=sku_ids, by=by, at=now)
    for line, asset in zip(order.lines, made, strict=True):
        line.asset_id = ids[asset.reference]
    first_sold = [line.product_id for line in order.lines if line.product.first_sold_at is None]
    if first_sold:
        product_changes.note_sale(first_sold, now)
    order.state, order.hold = OrderState.EXECUTED, None
    order.executed_at, order.executed_by_id = now, by.id if isinstance(by, User) else None
    if order.invoice_timing is InvoiceTiming.AT_ONCE:
        jobs.add(JobKind.INVOICE, order.id, now)
    audit.record("order", order.id, "executed", by=by)


def _asset(order: Order, line: OrderLine, now: datetime) -> Asset:
    bought_on = clock.day_of(now)
    return Asset(
        name=line.name,
        account_id=line.account_id,
        branch_id=line.account.branch_id,
        billed_account_id=order.billed_account_id,
        product_id=line.product_id,
        order_id=order.id,
        quantity=line.quantity,
        unit_price=line.unit_price,
        currency=line.currency,
        purchased_on=bought_on,
        expire_days=line.expire_days,
        validity_days=line.validity_days,
        redeem_by=bought_on + timedelta(days=line.expire_days),
        lifecycle=Lifecycle.ACTIVE,
        reference=provisioning.new_reference(),
        created_at=now,
    )
