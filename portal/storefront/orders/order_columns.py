"""The columns of the file of orders. The statement holds only the amounts that the reader may see."""

from collections.abc import Mapping

from portal.core import clock
from portal.core.i18n import lazy
from portal.display.lists.columns import Column, Kind
from portal.models import AccountKind, OrderState, User


def in_file(viewer: User, texts: Mapping[OrderState, str]) -> list[Column]:
    """`texts`: what the states are called for this reader."""
    words = {state.value: text for state, text in texts.items()}
    columns = (
        Column("number", lazy("Order"), "id", csv=lambda ids: [f"ORD-{order_id}" for order_id in ids]),
        Column("state", lazy("State"), "state", csv=lambda states: [words.get(state, state) for state in states]),
        Column("buyer", lazy("Ordered by"), "buyer", is_for=_is_partner),
        Column("po", lazy("PO number"), "po_number"),
        Column("lines", lazy("Lines"), "lines_count", Kind.NUMBER),
        Column("licences", lazy("Licences"), "licences", Kind.NUMBER),
        Column("total", lazy("Total"), ("total", "currency"), Kind.AMOUNT),
        Column("currency", lazy("Currency"), "currency"),
        Column(
            "customer-total", lazy("Customer pays"), ("customer_total", "customer_currency"), Kind.AMOUNT,
            is_for=_is_partner,
        ),
        Column("customer-currency", lazy("Customer’s currency"), "customer_currency", is_for=_is_partner),
        Column("placed", lazy("Placed"), "placed_at", csv=lambda instants: [clock.day_of(at) for at in instants]),
    )  # fmt: skip
    return [column for column in columns if column.is_for(viewer)]


def _is_partner(user: User) -> bool:
    return user.account.kind is AccountKind.PARTNER
