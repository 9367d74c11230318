"""The rows of a list for a file: all pages, in order, and never all in memory at once.

They are read as plain columns through a server-side cursor, on a connection of its own. That is one snapshot from first
to last, independent of the request's end and of other transactions.
"""

from collections.abc import Generator, Sequence

from sqlalchemy import ColumnElement, Date, Enum, Row, Select, String, and_, func, insert, select, type_coerce

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Asset, AuditEntry, Coupon, CouponStanding, Product, User
from portal.services.lists import Plan, listed_asset
from portal.services.lists.join_hints import first
from portal.services.lists.list_filters import planning

BATCH = 500


def batches(plan: Plan, sources: Sequence[str]) -> Generator[Sequence[Row], None, None]:
    """`sources` are fields of `ListedAsset`, or `code`. Words and days come as the database stores them."""
    return stream(_lines(plan, sources))


def stream(query: Select) -> Generator[Sequence[Row], None, None]:
    """Runs the query only when it is read."""
    with db.engine.connect() as connection:
        with connection.execution_options(stream_results=True, max_row_buffer=BATCH).execute(query) as result:
            yield from result.partitions(BATCH)


def has_more_than(plan: Plan, number: int) -> bool:
    rows = first(plan.rows().with_only_columns(Asset.id, maintain_column_froms=True), number + 1)
    count = select(func.count()).select_from(rows.subquery())
    return db.session.scalar(count.execution_options(**planning(plan.filters))) > number


def count_codes(plan: Plan, most: int) -> int:
    """How many of these assets have a code, up to `most`."""
    rows = plan.rows().join(Coupon, _is_shown()).with_only_columns(Asset.id, maintain_column_froms=True)
    count = select(func.count()).select_from(first(rows.order_by(None), most).subquery())
    return db.session.scalar(count.execution_options(**planning(plan.filters)))


_JOINS = (
    ({"customer", "customer_code"}, listed_asset.CUSTOMER, listed_asset.CUSTOMER.id == Asset.account_id),
    ({"product"}, Product, Product.id == Asset.product_id),
    ({"billed", "billed_code"}, listed_asset.BILLED, listed_asset.BILLED.id == Asset.billed_account_id),
)
_OF_COUPON = {"code", "coupon_id", "coupon_status", "redeemed_at", "is_verified", "absent_at", "answered_at"}


def _is_shown() -> ColumnElement[bool]:
    """While another asset claims a code, nobody sees it."""
    return and_(Coupon.asset_id == Asset.id, Coupon.standing == CouponStanding.RECORDED, Coupon.disputed_at.is_(None))


def record_reveals(rows: Sequence[Row], *, by: User) -> None:
    """Records the reveals before the codes are shown."""
    revealed = [row.id for row in rows if row.code]
    if not revealed:
        return
    with transaction():
        entry = {"at": clock.now(), "actor_id": by.id, "actor": by.name, "subject": "asset", "act": "reveal"}
        db.session.execute(insert(AuditEntry), [entry | {"subject_id": asset_id} for asset_id in revealed])


def _lines(plan: Plan, sources: Sequence[str]) -> Select:
    columns = [
        Coupon.code if name == "code" else _as_stored(listed_asset.source(name, plan.viewer)) for name in sources
    ]
    rows = plan.rows().with_only_columns(*columns, maintain_column_froms=True)
    for names, target, on in _JOINS:
        rows = rows.join(target, on) if names & set(sources) else rows
    return rows.outerjoin(Coupon, _is_shown()) if _OF_COUPON & set(sources) else rows


def _as_stored(column: ColumnElement) -> ColumnElement:
    """Skips our own types: they would cost two conversions for each cell of a million rows."""
    is_converted = isinstance(column.type, Enum | Date)
    return type_coerce(column, String).label(column.key) if is_converted else column
