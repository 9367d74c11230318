"""What a file of orders has beside the list. For the distributor's staff: it has what the billed account pays."""

from sqlalchemy import Select
from sqlalchemy.orm import aliased

from portal.models import Account, Order, User
from portal.services.ordering import order_list
from portal.services.ordering.order_list import Counts, Query

_ACCOUNT, _BILLED = aliased(Account), aliased(Account)


def lines(viewer: User, query: Query, counts: Counts) -> Select:
    """All orders that match, in the order of the list, as plain columns."""
    rows = order_list.matching(viewer, query, counts)
    rows = rows.join(_ACCOUNT, _ACCOUNT.id == Order.account_id).join(_BILLED, _BILLED.id == Order.billed_account_id)
    return rows.outerjoin(User, User.id == Order.placed_by_id).with_only_columns(
        Order.id, Order.state, Order.hold, _ACCOUNT.code.label("account_code"), _ACCOUNT.name.label("account"),
        _BILLED.code.label("billed_code"), _BILLED.name.label("billed"), Order.po_number, Order.lines_count,
        Order.licences, Order.currency, Order.total, Order.placed_at, User.name.label("placed_by"), Order.channel,
        Order.start_on, Order.executed_at, Order.invoice_timing, maintain_column_froms=True,
    )  # fmt: skip
