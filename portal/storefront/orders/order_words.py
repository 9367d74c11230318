"""What an order's page says: where the order is, and what happens next."""

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.models import AccountKind, Hold, Order, OrderState, User
from portal.services.ordering import order_rights
from portal.services.ordering.delivery import Delivery, Progress
from portal.storefront.orders.people import name_of, seller_of
from portal.web.filters import day


def answer(order: Order, delivery: Delivery, viewer: User) -> str:
    """One line: the heading above everything else."""
    match order.state:
        case OrderState.AWAITING_APPROVAL:
            return _awaiting(order, viewer)
        case OrderState.SUBMITTED:
            return _submitted(order, viewer)
        case OrderState.EXECUTED:
            return delivered(delivery) if delivery.lines else _("These licences are not in your account any more")
    return decided(order, viewer)


def delivered(delivery: Delivery) -> str:
    """In the words of the Storefront, such as "12 of 20 delivered, 1 being looked into, 7 on their way"."""
    parts = [_("%(part)s delivered", part=part(delivery))]
    if number := looked_into(delivery):
        parts.append(_("%(num)s being looked into", num=number))
    if number := delivery.of(Progress.ON_THE_WAY):
        parts.append(ngettext("%(num)s on its way", "%(num)s on their way", number))
    if number := delivery.of(Progress.CANCELLED):
        parts.append(_("%(num)s cancelled", num=number))
    return ", ".join(parts)


def part(delivery: Delivery) -> str:
    """Such as "12 of 20"."""
    return _("%(part)s of %(all)s", part=delivery.of(Progress.DELIVERED), all=delivery.lines)


def looked_into(delivery: Delivery) -> int:
    return delivery.of(Progress.FAILED) + delivery.of(Progress.REVIEW)


def decided(order: Order, viewer: User) -> str:
    who = name_of(order.decided_by, viewer)
    if order.state is OrderState.REJECTED:
        return _("Rejected by %(name)s", name=who) if who else _("Rejected")
    return _("Cancelled by %(name)s", name=who) if who else _("Cancelled")


def next_steps(order: Order, delivery: Delivery, viewer: User) -> str:
    """Who has to act, and what the reader need not do."""
    match order.state:
        case OrderState.AWAITING_APPROVAL:
            return _after_awaiting(order, viewer)
        case OrderState.SUBMITTED:
            return _after_submitted(order, viewer)
        case OrderState.EXECUTED:
            return " ".join(_after_executed(delivery, viewer))
    return _("Nothing was bought, and nothing is charged. Use “Order again” for what is still needed.")


def is_below_partner(viewer: User) -> bool:
    """A partner's customer: it hears nothing of its partner's affairs."""
    return viewer.account.kind is AccountKind.CUSTOMER and not viewer.account.pays_itself


def _awaiting(order: Order, viewer: User) -> str:
    if order.billed_account_id == viewer.account_id:
        return _("It waits for your approval")
    return _("%(name)s has to approve it", name=seller_of(viewer))


def _submitted(order: Order, viewer: User) -> str:
    if order.hold is Hold.START_DATE and order.start_on:
        return _("It starts on %(day)s", day=day(order.start_on).striptags())
    if is_below_partner(viewer):
        return _("It is being prepared")
    if order.hold is Hold.CREDIT:
        return _("It waits for %(name)s: over your credit limit", name=seller_of(viewer))
    return _("It waits for %(name)s", name=seller_of(viewer))


def _after_awaiting(order: Order, viewer: User) -> str:
    if order_rights.may_approve(order, viewer):
        return _("Approve or reject it below. Nothing is bought before, and your customer reads your reason.")
    if order.billed_account_id == viewer.account_id:
        return _("A colleague with the right to order has to approve or reject it. Nothing is bought before.")
    return _(
        "As soon as %(name)s approves, the licences are bought and the codes appear here, usually within minutes. "
        "You need not do anything.",
        name=seller_of(viewer),
    )


def _after_submitted(order: Order, viewer: User) -> str:
    if order.hold is Hold.START_DATE:
        return _("The licences are bought on that day, and the codes appear here. You need not do anything until then.")
    if is_below_partner(viewer):
        return _("You need not do anything. The codes appear here as soon as the licences are bought.")
    if order.hold is Hold.CREDIT:
        return _(
            "%(name)s has to release it. Nothing has been bought yet, and there is no need to order again.",
            name=seller_of(viewer),
        )
    return _(
        "%(name)s has to carry it out. Nothing has been bought yet, and there is no need to order again.",
        name=seller_of(viewer),
    )


def _after_executed(delivery: Delivery, viewer: User) -> list[str]:
    sentences = []
    if number := delivery.of(Progress.ON_THE_WAY):
        sentences.append(
            ngettext(
                "The one on its way appears here by itself, usually within minutes.",
                "The %(num)s on their way appear here by themselves, usually within minutes.",
                number,
            )
        )
    if looked_into(delivery):
        sentences.append(_missing(viewer))
    if delivery.of(Progress.DELIVERED):
        sentences.append(_("Open a licence to see its code and how to redeem it."))
    if delivery.lines and not delivery.is_settled:
        sentences.append(_("You can leave this page."))
    return sentences or [_("There is nothing to do.")]


def _missing(viewer: User) -> str:
    if is_below_partner(viewer):
        sentence = _("Where a code is not here yet, %(name)s knows about it.", name=seller_of(viewer))
    else:
        sentence = _("Where a code is missing, %(name)s is on it.", name=seller_of(viewer))
    return " ".join((sentence, _("There is no need to order again.")))


def since(order: Order) -> float:
    """Seconds since the last change of the order itself."""
    changed = max(filter(None, (order.placed_at, order.decided_at, order.executed_at)))
    return max((clock.now() - changed).total_seconds(), 0)
