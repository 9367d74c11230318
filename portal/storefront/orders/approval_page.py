"""The view model of the approvals: what waits, with what it earns, and what was decided lately."""

from dataclasses import dataclass

from markupsafe import Markup, escape

from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.display.orders.order_view import OrderView, view_of
from portal.models import Account, Order, OrderState, User
from portal.services import credit
from portal.services.ordering import approvals
from portal.services.ordering.approvals import Act, Outcome
from portal.storefront.orders.order_words import decided
from portal.storefront.orders.people import name_of
from portal.web.filters import money, number
from portal.web.urls import url_for

_NAMED = 2
"""Products that a row names."""
_TOLD = 5
"""Refusals that the result tells one by one."""


@dataclass(frozen=True)
class Waiting:
    view: OrderView
    over: int
    """By how much it exceeds what is left of the credit limit, in minor units."""

    @property
    def order(self) -> Order:
        return self.view.order

    @property
    def wants(self) -> str:
        """Such as "60 × User Migration Bundle"."""
        licences: dict[str, int] = {}
        for line in self.order.lines:
            licences[line.product_name] = licences.get(line.product_name, 0) + line.quantity
        named = [_("%(count)s × %(name)s", count=number(licences[name]), name=name) for name in list(licences)[:_NAMED]]
        if (more := len(licences) - _NAMED) > 0:
            named.append(ngettext("%(num)s more product", "%(num)s more products", more))
        return ", ".join(named)


@dataclass(frozen=True)
class ApprovalPage:
    rows: list[Waiting]
    has_more: bool
    decided: list[Order]
    viewer: User

    @classmethod
    def of(cls, viewer: User) -> "ApprovalPage":
        """Three statements."""
        found = approvals.waiting(viewer)
        rows = [
            Waiting(view_of(order, viewer), credit.missing(viewer.account, order.total or 0))
            for order in found[: approvals.MOST]
        ]
        return cls(rows, len(found) > approvals.MOST, approvals.decided_lately(viewer), viewer)

    @property
    def count(self) -> str:
        return f"{len(self.rows)}+" if self.has_more else number(len(self.rows))

    def decision(self, order: Order) -> str:
        if order.state in (OrderState.REJECTED, OrderState.CANCELLED):
            return decided(order, self.viewer)
        who = name_of(order.decided_by, self.viewer)
        return _("Approved by %(name)s", name=who) if who else _("Approved")


def rule_words(account: Account) -> str:
    """When this partner is asked."""
    if not account.asks_approval:
        return _("Never")
    if account.approves_up_to is None:
        return _("Always")
    return _("Above %(amount)s", amount=money(account.approves_up_to, account.currency))


def sentence(outcomes: list[Outcome], act: Act) -> Markup:
    """Such as "2 of 3 approved. ORD-17 was cancelled a moment before." """
    done = sum(not outcome.refusal for outcome in outcomes)
    numbers = {"part": done, "all": len(outcomes)}
    head = _("%(part)s of %(all)s approved.", **numbers)
    if act is Act.REJECT:
        head = _("%(part)s of %(all)s rejected.", **numbers)
    refused = [outcome for outcome in outcomes if outcome.refusal]
    told = [_told(outcome) for outcome in refused[:_TOLD]]
    if (more := len(refused) - _TOLD) > 0:
        told.append(escape(ngettext("%(num)s more was left as it is.", "%(num)s more were left as they are.", more)))
    return Markup(" ").join([escape(head), *told])


def _told(outcome: Outcome) -> Markup:
    """The refusal, with its number as a link."""
    order = outcome.order
    link = Markup('<a href="{}">{}</a>').format(
        url_for("storefront.orders.show", order_id=order.id), order.number
    )  # fmt: skip
    return Markup(str(escape(outcome.refusal)).replace(order.number, str(link), 1))
