"""The orders of a list for a file: only the amounts that this reader may see (services/ordering/order_rights.py)."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, String, and_, case, type_coerce

from portal.models import Account, Order, User
from portal.services.ordering import order_list, order_rights
from portal.services.ordering.order_list import Counts, Query


def exported(viewer: User, query: Query, counts: Counts, sources: Sequence[str]) -> Select:
    """For partners and customers, as plain columns: what the reader pays, and what its customers pay it."""
    rows = order_list.matching(viewer, query, counts).join(Account, Account.id == Order.account_id)
    columns = _columns(viewer)
    return rows.with_only_columns(*(columns[name].label(name) for name in sources), maintain_column_froms=True)


def _columns(viewer: User) -> dict[str, ColumnElement]:
    own = viewer.account_id
    is_paid = and_(Order.billed_account_id == own, Order.account_id != own)
    total, currency = order_rights.amount_columns(viewer)
    return {
        "id": Order.id,
        "state": type_coerce(Order.state, String),
        "buyer": Account.name,
        "po_number": Order.po_number,
        "lines_count": Order.lines_count,
        "licences": Order.licences,
        "total": total,
        "currency": currency,
        "customer_total": case((is_paid, Order.customer_total)),
        "customer_currency": case((is_paid, Order.customer_currency)),
        "placed_at": Order.placed_at,
    }
