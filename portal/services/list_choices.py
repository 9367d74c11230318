"""What a list offers to filter by, in one statement with its numbers."""

from dataclasses import dataclass

from sqlalchemy import literal, select, true, union_all
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.models import Account, AccountKind, Asset, Product, User
from portal.services import access
from portal.services.list_counts import Counting, Counts
from portal.services.list_filters import Filters

OFFERED = 200


@dataclass(frozen=True)
class Choices:
    products: list[tuple[int, str]]
    customers: list[tuple[int, str]]
    """Of a partner, by name; the first OFFERED."""
    account: Account | None
    """The one asked for, if the reader may see it."""


def opening(reader: User, filters: Filters) -> tuple[Choices, Counts]:
    """What can be filtered by, the account that the filter names, and how many assets there are. One statement."""
    account = aliased(
        Account, access.visible_accounts(reader).where(Account.id == (filters.account_id or 0)).subquery()
    )
    counting = Counting(reader, filters)
    one = select(*counting.columns()).subquery("numbers")
    offer = _offer(reader).subquery("offer")
    statement = (
        select(offer.c.kind, offer.c.id, offer.c.name, account, *one.c)
        .select_from(one)
        .outerjoin(account, true())
        .outerjoin(offer, true())
        .order_by(offer.c.key, offer.c.id)
    )
    found = db.session.execute(statement).all()
    offered = {kind: [(row[1], row[2]) for row in found if row[0] == kind] for kind in ("product", "customer")}
    return Choices(offered["product"], offered["customer"], found[0][3]), counting.read(found[0])


def _offer(reader: User):
    products = select(literal("product").label("kind"), Product.id, Product.name, Product.name_key.label("key"))
    if not reader.is_staff:
        sold = access.visible_asset_ids(reader).where(Asset.product_id == Product.id)
        products = products.where(sold.exists())
    if reader.account.kind is not AccountKind.PARTNER:
        return products
    customers = access.visible_accounts(reader).where(Account.kind == AccountKind.CUSTOMER)
    customers = customers.with_only_columns(literal("customer"), Account.id, Account.name, Account.name_key)
    first = customers.order_by(Account.name_key, Account.id).limit(OFFERED).subquery()
    return union_all(products, select(first))
