"""Sums for reports by day and month, and triggers that say which days to count again"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0036_keep_figures"
down_revision = "0035_create_invoice_runs"

FOLDER = Path(__file__).parent
allow = runpy.run_path(str(FOLDER / "0014_create_requests.py"))["_allow"]
_triggers = runpy.run_path(str(FOLDER / "0021_copy_last_cause.py"))
create_trigger, drop_trigger = _triggers["create_trigger"], _triggers["drop_trigger"]

SUMS = (
    *(
        f"{what}_{of}"
        for what in ("ordered", "delivered", "failed", "cancelled", "unredeemed")
        for of in ("assets", "licences", "amount")
    ),
    "timed_assets", "seconds",
    *(f"{what}_{of}" for what in ("invoiced", "credited") for of in ("lines", "licences", "amount")),
    "cost", "costed_amount",
)  # fmt: skip
OF_ASSETS = (
    "purchased_on", "sync_status", "lifecycle", "product_id", "billed_account_id", "quantity", "unit_price", "currency",
    "imported_at",
)  # fmt: skip
OF_COUPONS = ("asset_id", "standing", "status", "redeemed_at", "recorded_at")
OF_INVOICES = ("number", "issued_on", "billed_account_id")
_DAY = "INSERT INTO figure_changes (day) "
# Number, when, table, columns whose change counts, on which rows, and the statement that says the days.
TRIGGERS = (
    (1, "INSERT", "assets", (), None, "VALUES (new.purchased_on)"),
    (2, "UPDATE", "assets", OF_ASSETS, None, "SELECT old.purchased_on UNION SELECT new.purchased_on"),
    (
        3, "INSERT", "coupons", (), "new.standing = 'recorded'",
        "SELECT purchased_on FROM assets WHERE id = new.asset_id",
    ),
    (
        4, "UPDATE", "coupons", OF_COUPONS, "(old.standing = 'recorded' OR new.standing = 'recorded')",
        "SELECT purchased_on FROM assets WHERE id IN (old.asset_id, new.asset_id)",
    ),
    (5, "INSERT", "invoices", (), "new.number IS NOT NULL", "VALUES (new.issued_on)"),
    (6, "UPDATE", "invoices", OF_INVOICES, "new.number IS NOT NULL", "VALUES (new.issued_on)"),
)  # fmt: skip


def upgrade() -> None:
    """The worker fills the sums: every day is on its list. Counting a million orders takes it some seconds, in which
    the portal serves already."""
    _create_tables()
    allow(lambda kinds: [*kinds, "figures"])
    for number, act, table, columns, rows, days in TRIGGERS:
        changed = " OR ".join(f"old.{name} {_differs()} new.{name}" for name in columns)
        when = " AND ".join(filter(None, (changed and f"({changed})", rows)))
        of = f" OF {', '.join(columns)}" if columns else ""
        create_trigger(
            f"figures_{number}",
            f"AFTER {act}{of} ON {table} FOR EACH ROW{f' WHEN ({when})' if when else ''}",
            _DAY + days,
        )
    op.execute("INSERT INTO figure_state (id, version) VALUES (1, 1)")
    op.execute(f"{_DAY} SELECT purchased_on FROM assets UNION SELECT issued_on FROM invoices WHERE number IS NOT NULL")


def downgrade() -> None:
    for number, _, table, *_ in TRIGGERS:
        drop_trigger(f"figures_{number}", table)
    for table in ("figures", "figure_changes", "figure_state"):
        op.drop_table(table)
    op.execute("DELETE FROM work_items WHERE kind = 'figures'")
    allow(lambda kinds: [kind for kind in kinds if kind != "figures"])


def _create_tables() -> None:
    key = ("unit", "starts_on", "product_id", "billed_account_id", "currency")
    op.create_table(
        "figures",
        sa.Column(
            "unit",
            sa.Enum("day", "month", name="figureunit", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("product_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("billed_account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in SUMS),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_figures_product_id")),
        sa.ForeignKeyConstraint(["billed_account_id"], ["accounts.id"], name=op.f("fk_figures_billed_account_id")),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_figures")),
    )
    op.create_index("ix_figures_billed_account_id", "figures", ["billed_account_id", "unit", "starts_on"])
    op.create_table(
        "figure_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_changes")),
    )
    op.create_table(
        "figure_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.Column(name, UTCDateTime(), nullable=True)
            for name in ("counted_at", "recount_asked_at", "recount_began_at", "recounted_at")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_state")),
    )


def _differs() -> str:
    return "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
