"""How far an order is, and what happened to it, in the reader's words."""

from datetime import datetime
from typing import NamedTuple

from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.models import Hold, Order, OrderState, User
from portal.services.ordering.approvals import given_approvals
from portal.services.ordering.approvals.given_approvals import Approval
from portal.services.ordering.delivery import Delivery
from portal.storefront.orders.order_words import decided, is_below_partner, looked_into, part
from portal.storefront.orders.people import approved, name_of, reason_of, seller_of
from portal.web.filters import clock_time, licences


class Step(NamedTuple):
    text: str
    sub: str
    icon: str
    kind: str = ""
    """done, person, or empty for what is still to come."""
    is_current: bool = False


class Event(NamedTuple):
    text: str
    at: datetime
    icon: str
    tone: str = ""
    detail: str = ""
    """What a person wrote; empty if nothing."""


def track(order: Order, delivery: Delivery, viewer: User) -> list[Step]:
    placed = Step(_("Placed"), clock_time(order.placed_at), "tick", "done")
    if order.state in (OrderState.REJECTED, OrderState.CANCELLED):
        return [placed, Step(decided(order, viewer), clock_time(order.decided_at), "off", is_current=True)]
    return [placed, _approval(order, viewer), _execution(order, viewer), _delivery(order, delivery)]


def events(order: Order, approval: Approval | None, viewer: User) -> list[Event]:
    """Newest first."""
    found = [_placed(order, viewer)]
    if approval is not None and order.state in given_approvals.ENDED:
        found.append(Event(approved(approval, order, viewer), approval.at, "tick", "positive"))
    if order.decided_at is not None:
        found.append(_decision(order, viewer))
    if order.executed_at is not None:
        found.append(Event(_("The licences are ordered from BitTitan"), order.executed_at, "tick", "positive"))
    return found[::-1]


def _approval(order: Order, viewer: User) -> Step:
    if order.state is OrderState.AWAITING_APPROVAL:
        is_mine = viewer.account_id == order.billed_account_id
        since = _("Since %(time)s", time=clock_time(order.placed_at))
        return Step(_("Approval"), since, "hand", "person" if is_mine else "", is_current=True)
    return Step(_("Approval"), _approved(order, viewer), "tick", "done")


def _approved(order: Order, viewer: User) -> str:
    if order.decided_at is None:
        return _("Not needed")
    who = name_of(order.decided_by, viewer)
    return _("By %(name)s", name=who) if who else clock_time(order.decided_at)


def _execution(order: Order, viewer: User) -> Step:
    text = _("Being prepared") if is_below_partner(viewer) else _("With %(name)s", name=seller_of(viewer))
    if order.executed_at is not None:
        return Step(text, clock_time(order.executed_at), "tick", "done")
    if order.state is not OrderState.SUBMITTED:
        return Step(text, "", "orders")
    says_why = order.hold is Hold.CREDIT and not is_below_partner(viewer)
    return Step(text, _("Over your credit limit") if says_why else "", "synchronizing", is_current=True)


def _delivery(order: Order, delivery: Delivery) -> Step:
    if order.state is not OrderState.EXECUTED:
        lines = ngettext("%(num)s line, one code", "%(num)s lines, a code for each", order.lines_count)
        return Step(_("Delivered"), lines, "assets")
    is_done = delivery.is_settled and not looked_into(delivery)
    return Step(
        _("Delivered"), part(delivery), "tick" if is_done else "synchronizing", "done" if is_done else "", not is_done
    )


def _placed(order: Order, viewer: User) -> Event:
    who = name_of(order.placed_by, viewer)
    text = _("Placed by %(name)s", name=who) if who else _("Placed for you")
    lines = ngettext("%(num)s line", "%(num)s lines", order.lines_count)
    return Event(text, order.placed_at, "orders", detail=f"{lines}, {licences(order.licences)}")


def _decision(order: Order, viewer: User) -> Event:
    reason = reason_of(order, viewer)
    if order.state in (OrderState.REJECTED, OrderState.CANCELLED):
        return Event(decided(order, viewer), order.decided_at, "off", "negative", reason)
    who = name_of(order.decided_by, viewer)
    text = _("Approved by %(name)s", name=who) if who else _("Approved")
    return Event(text, order.decided_at, "tick", "positive", reason)
