"""The view model of an order's page: only what this reader may know."""

from collections.abc import Iterable
from functools import cached_property

from portal.core.i18n import gettext as _
from portal.display.lists.list_page import newest_age
from portal.display.orders.order_states import StateWords, order_state
from portal.display.orders.order_view import LineView, view_of
from portal.models import Order, OrderState, User
from portal.services import credit
from portal.services.ordering import order_rights
from portal.services.ordering.approvals import given_approvals
from portal.storefront.orders import order_track, order_words, people


class OrderPage:
    """The order as access.submitted_order returns it. One statement if it is executed, or has ended before."""

    def __init__(self, order: Order, viewer: User):
        self.order, self.viewer = order, viewer
        self.view = view_of(order, viewer)
        self.delivery = self.view.delivery
        self.lines: list[LineView] = self.view.lines

    @property
    def state(self) -> StateWords:
        return order_state(self.order, self.viewer, self.delivery)

    @property
    def answer(self) -> str:
        return order_words.answer(self.order, self.delivery, self.viewer)

    @property
    def next_steps(self) -> str:
        return order_words.next_steps(self.order, self.delivery, self.viewer)

    @property
    def track(self) -> list[order_track.Step]:
        return order_track.track(self.order, self.delivery, self.viewer)

    @property
    def events(self) -> list[order_track.Event]:
        approval = given_approvals.of([self.order]).get(self.order.id)
        return order_track.events(self.order, approval, self.viewer)

    @property
    def placed_by(self) -> str | None:
        return people.name_of(self.order.placed_by, self.viewer)

    @property
    def reason(self) -> str:
        return people.reason_of(self.order, self.viewer)

    @property
    def is_moving(self) -> bool:
        """Whether something may change by itself, or by somebody else."""
        return self.order.is_waiting or (self.order.state is OrderState.EXECUTED and not self.delivery.is_settled)

    @property
    def age(self) -> float:
        """Seconds since the last change."""
        ages = [order_words.since(self.order), newest_age([line.asset for line in self.lines if line.asset])]
        return min(age for age in ages if age is not None)

    @cached_property
    def currency(self) -> str | None:
        """Of what the reader pays, if there is one."""
        if self.view.total is not None:
            return self.order.currency
        return self.order.customer_currency if self.view.customer_total is not None else None

    @cached_property
    def total(self) -> int | None:
        """What the reader pays."""
        return self.view.total if self.view.total is not None else self.view.customer_total

    @cached_property
    def sees_customers(self) -> bool:
        """Whether the reader pays, and is paid by customers."""
        return self.view.total is not None and any(line.customer_price is not None for line in self.lines)

    @cached_property
    def customers_total(self) -> tuple[int, str] | None:
        """What the reader's customers pay it, if all of it is in one currency."""
        return _sum((line.customer_total, line.line.customer_currency) for line in self.lines)

    @cached_property
    def earned(self) -> tuple[int, str] | None:
        """What the reader earns by the lines for its customers, if all of it is in one currency."""
        paid_by_customers = [line for line in self.lines if line.customer_total is not None]
        if any(line.earned is None for line in paid_by_customers):
            return None
        return _sum((line.earned, line.line.currency) for line in paid_by_customers)

    @property
    def may_cancel(self) -> bool:
        return order_rights.may_cancel(self.order, self.viewer)

    @property
    def may_decide(self) -> bool:
        return order_rights.may_approve(self.order, self.viewer)

    @property
    def over_the_limit(self) -> int:
        """By how much the order exceeds what is left of the partner's credit limit, while the partner decides."""
        return credit.missing(self.viewer.account, self.order.total or 0) if self.may_decide else 0

    @property
    def ordered_by(self) -> str:
        return people.ordered_by(self.order, self.viewer)

    @property
    def billed_to(self) -> str:
        return people.account_name(self.order.billed_account, self.viewer)

    def price(self, line: LineView) -> int | None:
        """For one licence, of those that the reader pays."""
        return line.price if self.view.total is not None else line.customer_price

    def line_total(self, line: LineView) -> int | None:
        return line.total if self.view.total is not None else line.customer_total

    def account_of(self, line: LineView) -> str:
        return people.account_name(line.line.account, self.viewer)

    def sentence(self, line: LineView) -> str:
        """Why there is no status."""
        return _("Not in your account any more") if self.order.executed_at is not None else _("Not bought yet")


def _sum(amounts: Iterable[tuple[int | None, str | None]]) -> tuple[int, str] | None:
    known = [(amount, currency) for amount, currency in amounts if amount is not None]
    if len({currency for _amount, currency in known}) != 1:
        return None
    return sum(amount for amount, _currency in known), known[0][1]
