"""The filter choices of a list, in one statement with its numbers."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import CompoundSelect, Select, literal, null, select, true, union_all

from portal.core import access
from portal.core.statement_cache import cached_statement
from portal.core.viewer import Viewer
from portal.extensions import db
from portal.models import Account, AccountKind, Asset, Product, User
from portal.services.lists import list_counts
from portal.services.lists.join_hints import materialized
from portal.services.lists.list_counts import Counting, Counts
from portal.services.lists.list_filters import Filters, planning

OFFERED = 200
_ACCOUNT = 3


class Chosen(NamedTuple):
    id: int
    name: str
    kind: AccountKind


@dataclass(frozen=True)
class Choices:
    products: list[tuple[int, str]]
    customers: list[tuple[int, str]]
    """Of a partner, by name; the first OFFERED."""
    account: Chosen | None
    """The requested account, if the viewer may see it."""
    billed: str | None = None
    """The name of the requested billed account."""


def opening(viewer: User, filters: Filters) -> tuple[Choices, Counts]:
    """The filter choices, the account that the filter names, and the number of assets. One statement."""
    viewer, filters = Viewer.of(viewer), filters.of(viewer)
    statement, values = _opening(viewer, filters, *list_counts.depends_on())
    rows = db.session.execute(statement, values).all()
    offered = {kind: [(row.id, row.name) for row in rows if row.offered == kind] for kind in ("product", "customer")}
    account = None if rows[0].account_id is None else Chosen(*rows[0][:_ACCOUNT])
    choices = Choices(offered["product"], offered["customer"], account, rows[0].billed_name)
    return choices, Counting(viewer, filters).read(rows[0])


@cached_statement
def _opening(viewer: Viewer, filters: Filters, *_dependencies: object) -> Select:
    account = _named(viewer, filters.account_id).subquery("account")
    billed = _named(viewer, filters.billed_id).subquery("billed")
    # Computed once, not for each offered row.
    numbers = materialized(select(*Counting(viewer, filters).columns()), "numbers")
    offer = _offer(viewer).subquery("offer")
    return (
        select(
            account.c.id.label("account_id"),
            account.c.name.label("account_name"),
            account.c.kind,
            billed.c.name.label("billed_name"),
            offer.c.offered,
            offer.c.id,
            offer.c.name,
            *numbers.c,
        )
        .select_from(numbers)
        .outerjoin(account, true())
        .outerjoin(billed, true())
        .outerjoin(offer, true())
        .order_by(offer.c.key, offer.c.id)
        .execution_options(**planning(filters))
    )


def _named(viewer: Viewer, account_id: int | None) -> Select:
    if account_id is None:
        return select(*(null().label(name) for name in Chosen._fields))
    wanted = access.visible_accounts(viewer).with_only_columns(Account.id, Account.name, Account.kind)
    return wanted.where(Account.id == account_id)


def _offer(viewer: Viewer) -> Select | CompoundSelect:
    products = select(literal("product").label("offered"), Product.id, Product.name, Product.name_sort.label("key"))
    if not viewer.is_staff:
        sold = access.visible_asset_ids(viewer).where(Asset.product_id == Product.id)
        products = products.where(sold.exists())
    if viewer.account.kind is not AccountKind.PARTNER:
        return products
    customers = access.visible_accounts(viewer).where(Account.kind == AccountKind.CUSTOMER)
    customers = customers.with_only_columns(literal("customer"), Account.id, Account.name, Account.name_sort)
    first = customers.order_by(Account.name_sort, Account.id).limit(OFFERED).subquery()
    return union_all(products, select(first))
