"""The licences of a partner's customer, which pays nothing to the distributor: counted afresh, without any money."""

from sqlalchemy import select

from portal.core import access
from portal.extensions import db
from portal.models import Asset, Product, User
from portal.services.reports import counting
from portal.services.reports.periods import Period
from portal.services.reports.totals import Totals


def by_product(viewer: User, period: Period) -> list[tuple[int, str, Totals]]:
    """Id and name of each product. One statement, over the account's own assets of this time."""
    sums = [
        column
        for name, condition in counting.outcomes().items()
        for column in counting.of_assets(name, condition)
        if not column.name.endswith("_amount")
    ]
    rows = (
        select(Product.id, Product.name, *sums)
        .select_from(Asset)
        .join(Product, Product.id == Asset.product_id)
        .outerjoin(*counting.recorded_coupon())
        .where(
            access.in_tree_of(viewer.account, Asset.branch_id, Asset.account_id),
            Asset.purchased_on.between(period.first, period.last),
        )
        .group_by(Product.id, Product.name, Product.name_sort)
        .order_by(Product.name_sort, Product.id)
    )
    names = [column.name for column in sums]
    return [
        (row[0], row[1], Totals(dict(zip(names, map(int, row[2:]), strict=True)))) for row in db.session.execute(rows)
    ]
