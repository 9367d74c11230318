"""The view model of an order's page."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from portal.bss.ordering.order_acts_forms import EndForm, ExecuteForm, NoteForm, OrderActForm, TimingForm
from portal.core import clock
from portal.display.lists.list_page import newest_age
from portal.display.orders.order_states import StateWords, order_state
from portal.display.orders.order_view import LineView, OrderView, view_of
from portal.display.wording.cause_wording import cause_name, needs_new_order
from portal.models import Asset, AuditEntry, Order, OrderLine, Right, User
from portal.models.asset import NO_ATTEMPT, NO_CAUSE
from portal.services import credit, credited_assets
from portal.services.credited_assets import CreditedAssets
from portal.services.invoicing import billable
from portal.services.ordering import execution, order_record, order_rights
from portal.services.ordering.delivery import Delivery, Progress

_TENTH = Decimal("0.1")


@dataclass
class Failure:
    """Lines that failed for one cause."""

    cause: str
    helps: bool
    """Whether a retry can mend them."""
    lines: list[LineView] = field(default_factory=list)

    @property
    def name(self) -> str:
        return cause_name(self.cause)

    @property
    def worth(self) -> int:
        return sum(line.total or 0 for line in self.lines)


@dataclass(frozen=True)
class Billing:
    ready: Sequence[tuple[OrderLine, Asset]]
    """What can be invoiced now."""
    is_invoiced: bool
    """Something of it is on a draft or an invoice already."""

    @property
    def net(self) -> int:
        return sum(line.total or 0 for line, _asset in self.ready)


class Credit:
    """How the order goes with the payer's limit."""

    def __init__(self, order: Order):
        payer = order.billed_account
        self.limit, self.currency, self.amount = payer.credit_limit, payer.currency, order.total or 0
        self.reserved = payer.reserved
        self.over = 0 if execution.has_reserved(order) else credit.missing(payer, self.amount)

    @property
    def free(self) -> int:
        return max((self.limit or 0) - self.reserved, 0)

    def share(self, amount: int) -> str:
        """Of the whole bar, in percent."""
        whole = max(self.limit or 0, self.reserved + self.amount, 1)
        return f"{min(100 * amount / whole, 100):.1f}%"


class OrderPage:
    """Runs three SQL statements: the order, its assets, its history; for what can be retried, also whether it was
    credited."""

    def __init__(self, order: Order, viewer: User, form: OrderActForm | None = None):
        self.order, self.viewer = order, viewer
        self.view: OrderView = view_of(order, viewer)
        self.state: StateWords = order_state(order, viewer, self.view.delivery)
        self.history: Sequence[AuditEntry] = order_record.history(order)
        self.credit = Credit(order)
        self.may_execute = order_rights.may_execute(order, viewer)
        self.may_end = order.is_waiting and order_rights.may_cancel(order, viewer)
        self.execute = (form if isinstance(form, ExecuteForm) else ExecuteForm.of(order)).over(order)
        self.end = (form if isinstance(form, EndForm) else EndForm.of(order)).over(order)
        self.note = (form if isinstance(form, NoteForm) else NoteForm.of(order)).over(order)
        self.timing = (form if isinstance(form, TimingForm) else TimingForm.of(order)).over(order)
        self.form = form
        self.key = str(uuid.uuid4())
        """Of the draft that “Order again” makes, so that two presses make one."""

    @property
    def lines(self) -> list[LineView]:
        return self.view.lines

    @property
    def delivery(self) -> Delivery:
        return self.view.delivery

    @property
    def age(self) -> float | None:
        """Seconds since the newest open purchase was requested; None if all lines have settled."""
        return newest_age([line.asset for line in self.lines if line.asset is not None])

    @property
    def agreed_on(self):
        return clock.day_of(self.order.placed_at)

    @cached_property
    def billing(self) -> Billing | None:
        """For those who invoice, of an executed order."""
        if self.order.executed_at is None or not self.viewer.may(Right.INVOICE):
            return None
        assets = {line.asset.id: line.asset for line in self.lines if line.asset is not None}
        is_invoiced = any(map(billable.is_loaded_on_an_invoice, self.order.lines))
        return Billing(billable.of_loaded(self.order, assets), is_invoiced)

    def share(self, *progress: Progress) -> str:
        """Of the lines, in percent."""
        return f"{100 * sum(map(self.delivery.of, progress)) / (self.delivery.lines or 1):.1f}%"

    def worth(self, progress: Progress) -> int:
        return sum(line.total or 0 for line in self.lines if line.progress is progress)

    @property
    def margin(self) -> tuple[int, Decimal | None] | None:
        """Amount, and percent of the price. None unless the cost of each line is known."""
        costs = [line.line.cost for line in self.lines]
        if not costs or None in costs or self.view.total is None:
            return None
        amount = self.view.total - sum(line.line.cost * line.line.quantity for line in self.lines)
        share = Decimal(amount) * 100 / self.view.total if self.view.total else None
        return amount, share and share.quantize(_TENTH, ROUND_HALF_UP)

    @property
    def failures(self) -> list[Failure]:
        """Those with the most lines first."""
        found: dict[tuple[str, bool], Failure] = {}
        for line in self.lines:
            if line.progress is Progress.FAILED:
                key = (cause_of(line.asset), is_mendable(line.asset))
                found.setdefault(key, Failure(*key)).lines.append(line)
        return sorted(found.values(), key=lambda failure: -len(failure.lines))

    def why(self, asset: Asset) -> str:
        return cause_name(cause_of(asset))

    @property
    def mendable(self) -> list[int]:
        """The assets that failed and that a retry can mend."""
        return [line.asset.id for line in self.lines if line.asset is not None and is_mendable(line.asset)]

    @cached_property
    def credited(self) -> CreditedAssets:
        """What of it was credited as not delivered."""
        if not self.mendable or not self.viewer.may(Right.PROVISION):
            return CreditedAssets()
        return credited_assets.of_several(self.mendable)

    @property
    def left(self) -> int:
        """Failed, and not mended by a retry."""
        return self.delivery.of(Progress.FAILED) - len(self.mendable)


def cause_of(asset: Asset) -> str:
    """Why it failed: a cause, as in the work queue."""
    attempt = asset.last_attempt
    return NO_ATTEMPT if attempt is None else attempt.cause or NO_CAUSE


def is_mendable(asset: Asset) -> bool:
    return asset.may_sync and not asset.asks_if_bought and not needs_new_order(asset)
