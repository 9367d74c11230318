"""Orders have states and lines; each line keeps what was sold, and accounts say how their orders are handled"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime, text_key

revision = "0025_give_orders_lines"
down_revision = "0024_create_price_lists"

allow_work = runpy.run_path(str(Path(__file__).with_name("0014_create_requests.py")))["_allow"]
NEW_WORK = "execute"
STATES = ("draft", "awaiting-approval", "submitted", "executed", "rejected", "cancelled")
HOLDS = ("staff", "credit", "start-date", "product", "link")
TIMINGS = ("next-run", "at-once", "never")
IS_BASKET = "state = 'draft' AND channel = 'storefront'"
IS_WAITING = "state IN ('awaiting-approval', 'submitted')"
CHECKS = (
    ("channel", "channel IN ('bss', 'storefront')"),
    ("orderstate", f"state IN {STATES}"),
    ("hold", f"hold IN {HOLDS}"),
    ("invoicetiming", f"invoice_timing IN {TIMINGS}"),
)
INDEXES = tuple(
    (f"ix_orders_{scope or 'all'}_{columns[0]}", [*filter(None, [scope]), *columns])
    for scope in ("", "branch_id", "account_id")
    for columns in (["placed_at", "id"], ["state", "placed_at", "id"])
)

# What could be sold until now: each order is executed, and made one asset.
FROM_THE_ASSETS = """
UPDATE orders SET
    executed_at = placed_at,
    executed_by_id = placed_by_id,
    branch_id = (SELECT branch_id FROM accounts WHERE accounts.id = orders.account_id),
    (lines_count, licences, total, currency) = (
        SELECT count(*), coalesce(sum(quantity), 0), sum(unit_price * quantity), max(currency)
        FROM assets WHERE assets.order_id = orders.id
    )
"""
LINES = """
INSERT INTO order_lines (
    order_id, position, account_id, product_id, quantity, name, asset_id, product_code, product_name, product_type,
    expire_days, validity_days, currency, unit_price
)
SELECT
    assets.order_id, row_number() OVER (PARTITION BY assets.order_id ORDER BY assets.id), assets.account_id,
    assets.product_id, assets.quantity, assets.name, assets.id, products.code, products.name, product_types.name,
    assets.expire_days, assets.validity_days, assets.currency, assets.unit_price
FROM assets
JOIN products ON products.id = assets.product_id
JOIN product_types ON product_types.id = products.type_id
WHERE assets.order_id IS NOT NULL
ORDER BY assets.id
"""


def upgrade() -> None:
    allow_work(lambda kinds: [*kinds, NEW_WORK])
    _extend_accounts()
    _extend_orders()
    _create_lines()
    op.execute(FROM_THE_ASSETS)
    op.execute(LINES)
    with op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("branch_id", existing_type=sa.Integer(), nullable=False)
        batch_op.drop_constraint(op.f("fk_orders_account_id"), type_="foreignkey")
        batch_op.create_foreign_key(
            op.f("fk_orders_account_id_branch_id"),
            "accounts",
            ["account_id", "branch_id"],
            ["id", "branch_id"],
            onupdate="CASCADE",
        )
    op.drop_index("ix_orders_account_id", "orders")
    op.drop_index("ix_orders_billed_account_id", "orders")
    op.create_index("ix_orders_billed_account_id", "orders", ["billed_account_id", "id"])
    for name, columns in INDEXES:
        op.create_index(name, "orders", columns)
    _create_partial("ix_orders_waiting", ["state", "hold", "placed_at", "id"], IS_WAITING)
    _create_partial("uq_orders_one_basket", ["placed_by_id", "account_id"], IS_BASKET, unique=True)


def downgrade() -> None:
    """The version before knows only executed orders of one line, so the others go, with their lines."""
    for name in ("uq_orders_one_basket", "ix_orders_waiting", "ix_orders_billed_account_id"):
        op.drop_index(name, "orders")
    for name, _ in INDEXES:
        op.drop_index(name, "orders")
    op.drop_table("order_lines")
    op.drop_table("new_customers")
    op.execute("DELETE FROM orders WHERE state <> 'executed'")
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_constraint(op.f("fk_orders_account_id_branch_id"), type_="foreignkey")
        batch_op.create_foreign_key(op.f("fk_orders_account_id"), "accounts", ["account_id"], ["id"])
        for user in ("decided_by_id", "executed_by_id"):
            batch_op.drop_constraint(op.f(f"fk_orders_{user}"), type_="foreignkey")
        for name, _ in CHECKS:
            batch_op.drop_constraint(op.f(f"ck_orders_{name}"), type_="check")
        for column in reversed(_columns_of_orders()):
            batch_op.drop_column(column.name)
    op.create_index("ix_orders_account_id", "orders", ["account_id"])
    op.create_index("ix_orders_billed_account_id", "orders", ["billed_account_id"])
    for column in ("approves_up_to", "asks_approval", "executes_orders", "reserved"):
        op.drop_column("accounts", column)
    op.execute(f"DELETE FROM work_items WHERE kind = '{NEW_WORK}'")
    allow_work(lambda kinds: [kind for kind in kinds if kind != NEW_WORK])


def _extend_accounts() -> None:
    op.add_column("accounts", sa.Column("reserved", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("accounts", sa.Column("executes_orders", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("accounts", sa.Column("asks_approval", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("accounts", sa.Column("approves_up_to", sa.BigInteger(), nullable=True))


def _columns_of_orders() -> list[sa.Column]:
    def words(name: str, default: str | None) -> sa.Column:
        return sa.Column(name, sa.String(length=20), nullable=default is None, server_default=default)

    def text(name: str, kind: sa.types.TypeEngine) -> sa.Column:
        return sa.Column(name, kind, nullable=False, server_default="")

    return [
        sa.Column("branch_id", sa.Integer(), nullable=True),
        words("channel", "bss"),
        words("state", "executed"),
        words("hold", None),
        text("po_number", sa.String(length=60)),
        text("po_key", text_key()),
        text("note", sa.Text()),
        text("staff_note", sa.Text()),
        sa.Column("lines_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("licences", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("customer_currency", sa.String(length=3), nullable=True),
        sa.Column("customer_total", sa.BigInteger(), nullable=True),
        sa.Column("reserved", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        text("reason", sa.Text()),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("executed_by_id", sa.Integer(), nullable=True),
        sa.Column("executed_at", UTCDateTime(), nullable=True),
        words("invoice_timing", "next-run"),
        text("invoice_reason", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    ]


def _extend_orders() -> None:
    with op.batch_alter_table("orders") as batch_op:
        for column in _columns_of_orders():
            batch_op.add_column(column)
        for name, condition in CHECKS:
            batch_op.create_check_constraint(op.f(f"ck_orders_{name}"), condition)
        for user in ("decided_by_id", "executed_by_id"):
            batch_op.create_foreign_key(op.f(f"fk_orders_{user}"), "users", [user], ["id"])


def _create_lines() -> None:
    op.create_table(
        "new_customers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("is_another", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_new_customers_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_new_customers")),
    )
    op.create_index("ix_new_customers_order_id", "new_customers", ["order_id"])
    refers_to = {
        "order_id": "orders",
        "account_id": "accounts",
        "new_customer_id": "new_customers",
        "product_id": "products",
        "asset_id": "assets",
        "price_list_id": "price_lists",
        "customer_list_id": "price_lists",
    }
    op.create_table(
        "order_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("new_customer_id", sa.Integer(), nullable=True),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column("product_code", sa.String(length=40), nullable=True),
        sa.Column("product_name", sa.String(length=120), nullable=True),
        sa.Column("product_type", sa.String(length=120), nullable=True),
        sa.Column("expire_days", sa.Integer(), nullable=True),
        sa.Column("validity_days", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("list_price", sa.BigInteger(), nullable=True),
        sa.Column("unit_price", sa.BigInteger(), nullable=True),
        sa.Column("price_list_id", sa.Integer(), nullable=True),
        sa.Column("price_list_name", sa.String(length=120), nullable=True),
        sa.Column("price_list_from", sa.Date(), nullable=True),
        sa.Column("price_list_until", sa.Date(), nullable=True),
        sa.Column("customer_currency", sa.String(length=3), nullable=True),
        sa.Column("customer_price", sa.BigInteger(), nullable=True),
        sa.Column("customer_list_id", sa.Integer(), nullable=True),
        sa.Column("customer_list_name", sa.String(length=120), nullable=True),
        sa.Column("tax_code", sa.String(length=40), nullable=True),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_order_lines_quantity_positive")),
        sa.CheckConstraint("expire_days BETWEEN 1 AND 3650", name=op.f("ck_order_lines_expire_days_in_range")),
        sa.CheckConstraint("validity_days BETWEEN 1 AND 3650", name=op.f("ck_order_lines_validity_days_in_range")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_order_lines_{column}"))
            for column, table in refers_to.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("key", name=op.f("uq_order_lines_key")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_order_lines_asset_id")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_lines_order_id_position")),
    )
    op.create_index("ix_order_lines_product_id", "order_lines", ["product_id", "order_id"])
    op.create_index("ix_order_lines_account_id", "order_lines", ["account_id", "order_id"])
    op.create_index("ix_order_lines_new_customer_id", "order_lines", ["new_customer_id"])


def _create_partial(name: str, columns: list[str], rows: str, *, unique: bool = False) -> None:
    which = {"sqlite_where": sa.text(rows), "postgresql_where": sa.text(rows)}
    op.create_index(name, "orders", columns, unique=unique, **which)
