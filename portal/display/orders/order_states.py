"""What the state of an order is called: each reader is told who has to act.

Staff read the reason for a hold, the partner what it needs to know, and a partner's customer nothing of the partner's
affairs.
"""

from typing import NamedTuple

from flask import Flask
from markupsafe import Markup, escape

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.layout import icon
from portal.models import Account, AccountKind, Hold, InvoiceTiming, Order, OrderState, User
from portal.services.ordering.delivery import Delivery, Progress
from portal.services.ordering.order_list import ListedOrder


class StateWords(NamedTuple):
    kind: str
    """The class of `.state`: done, moving, person, wrong, off, draft."""
    icon: str
    word: str
    reason: str = ""
    """Below the word; empty if there is nothing to add."""


HOLDS = {
    Hold.STAFF: lazy("Not executed automatically"),
    Hold.CREDIT: lazy("Over the credit limit"),
    Hold.START_DATE: lazy("Waits for its start date"),
    Hold.PRODUCT: lazy("BitTitan no longer sells a product"),
    Hold.LINK: lazy("An account is disabled, or not synchronized with BitTitan"),
}
"""For the distributor's staff."""


INVOICES = {
    InvoiceTiming.AT_ONCE: lazy("At once"),
    InvoiceTiming.NEXT_RUN: lazy("With the next run"),
    InvoiceTiming.NEVER: lazy("Not at all"),
}


def install(app: Flask) -> None:
    words = {
        "order_state": order_state, "drawn_state": drawn_state, "delivery_words": delivery_words,
        "invoice_words": invoice_words,
    }  # fmt: skip
    app.jinja_env.globals.update(words | {"HOLDS": HOLDS, "Progress": Progress})


def order_state(order: Order | ListedOrder, viewer: User, delivery: Delivery | None = None) -> StateWords:
    """`delivery`: of an executed order."""
    if order.state is OrderState.EXECUTED:
        return _executed(delivery or Delivery(), viewer)
    return {
        OrderState.DRAFT: lambda: StateWords("draft", "draft", _("Draft")),
        OrderState.AWAITING_APPROVAL: lambda: _awaiting(order, viewer),
        OrderState.SUBMITTED: lambda: _submitted(order, viewer),
        OrderState.REJECTED: lambda: StateWords("off", "off", _("Rejected")),
        OrderState.CANCELLED: lambda: StateWords("off", "off", _("Cancelled")),
    }[order.state]()


def drawn_state(words: StateWords) -> Markup:
    reason = f'<span class="sub">{escape(words.reason)}</span>' if words.reason else ""
    badge = f'<span class="state state--{words.kind}">{icon(words.icon)}{escape(words.word)}</span>'
    return Markup(badge + reason)


def delivery_words(delivery: Delivery) -> str:
    """Such as "12 of 20 delivered, 1 failed, 7 on their way"."""
    total, delivered = delivery.lines, delivery.of(Progress.DELIVERED)
    parts = [_("%(part)s of %(all)s delivered", part=delivered, all=total)]
    for progress, words in (
        (Progress.FAILED, lambda n: _("%(num)s failed", num=n)),
        (Progress.REVIEW, lambda n: ngettext("%(num)s needs review", "%(num)s need review", n)),
        (Progress.ON_THE_WAY, lambda n: ngettext("%(num)s on its way", "%(num)s on their way", n)),
        (Progress.CANCELLED, lambda n: _("%(num)s cancelled", num=n)),
    ):
        if number := delivery.of(progress):
            parts.append(words(number))
    return ", ".join(parts)


def invoice_words(order: Order) -> str:
    """When it is invoiced."""
    return str(INVOICES[order.invoice_timing])


def distributor_of(account: Account) -> str:
    """The name of the distributor for a partner or a direct customer, whose parent it is."""
    return account.parent.name if account.parent is not None else account.name


def _awaiting(order: Order | ListedOrder, viewer: User) -> StateWords:
    if viewer.account_id == order.billed_account_id:
        return StateWords("person", "hand", _("Waits for you"))
    if viewer.is_staff:
        return StateWords("moving", "synchronizing", _("Waits for the partner"))
    # Only the buyer is left: while an order waits, no account of it is moved to another partner.
    return StateWords("moving", "synchronizing", _("Waits for %(name)s", name=viewer.account.parent.name))


def _submitted(order: Order | ListedOrder, viewer: User) -> StateWords:
    if order.hold is Hold.START_DATE:
        return StateWords("moving", "synchronizing", _("Starts later"))
    if viewer.is_staff:
        return StateWords("person", "hand", _("Waits for us"), str(HOLDS[order.hold]))
    if viewer.account.kind is AccountKind.CUSTOMER and not viewer.account.pays_itself:
        return StateWords("moving", "synchronizing", _("Being prepared"))
    reason = _("Over your credit limit") if order.hold is Hold.CREDIT else ""
    return StateWords("moving", "synchronizing", _("Waits for %(name)s", name=distributor_of(viewer.account)), reason)


def _executed(delivery: Delivery, viewer: User) -> StateWords:
    failed, review = delivery.of(Progress.FAILED), delivery.of(Progress.REVIEW)
    if viewer.is_staff and failed:
        return StateWords("wrong", "failed", ngettext("%(num)s failed", "%(num)s failed", failed))
    if viewer.is_staff and review:
        return StateWords("person", "review", ngettext("%(num)s needs review", "%(num)s need review", review))
    if delivery.lines and delivery.of(Progress.CANCELLED) == delivery.lines:
        return StateWords("off", "off", _("Cancelled"))
    if (failed or review) and not delivery.of(Progress.ON_THE_WAY):
        return StateWords("moving", "review", _("We are looking into it"))
    if delivery.of(Progress.ON_THE_WAY):
        return StateWords("moving", "synchronizing", _("On its way"))
    return StateWords("done", "synchronized", _("Delivered"))
