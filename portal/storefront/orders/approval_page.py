"""The view model of the approvals: what waits, with what it earns, and what was decided lately."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup, escape

from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.display.orders.order_view import OrderView, view_of
from portal.models import Account, Order, User
from portal.services import credit
from portal.services.ordering import approvals
from portal.services.ordering.approvals import Act, Approval, Outcome, given_approvals
from portal.storefront.orders.order_words import decided
from portal.storefront.orders.people import approved, name_of
from portal.web.filters import money, number
from portal.web.urls import url_for

_NAMED = 2
"""Products that a row names."""
_TOLD = 5
"""Refusals that the result tells one by one."""


class Fact(NamedTuple):
    text: str
    at: datetime


class Decided(NamedTuple):
    order: Order
    facts: list[Fact]
    """What was decided, the latest first: an approval, and what the distributor or the buyer decided after it."""


@dataclass(frozen=True)
class Waiting:
    view: OrderView
    placed_by: str | None
    """The person, if the reader may know who it was."""
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
    decided: list[Decided]

    @classmethod
    def of(cls, viewer: User) -> "ApprovalPage":
        """Four statements."""
        found = approvals.waiting(viewer)
        rows = [
            Waiting(
                view_of(order, viewer), name_of(order.placed_by, viewer),
                credit.missing(viewer.account, order.total or 0),
            )
            for order in found[: approvals.MOST]
        ]  # fmt: skip
        decided = [Decided(order, _facts(order, given, viewer)) for order, given in approvals.decided_lately(viewer)]
        return cls(rows, len(found) > approvals.MOST, decided)

    @property
    def count(self) -> str:
        return f"{len(self.rows)}+" if self.has_more else number(len(self.rows))


def _facts(order: Order, approval: Approval | None, viewer: User) -> list[Fact]:
    facts = [Fact(decided(order, viewer), order.decided_at)] if order.state in given_approvals.ENDED else []
    if approval is not None:
        facts.append(Fact(approved(approval, order, viewer), approval.at))
    return facts


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
