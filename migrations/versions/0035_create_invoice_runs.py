"""Invoice runs, when the worker starts one by itself, and which order lines are on an issued invoice"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0035_create_invoice_runs"
down_revision = "0034_add_accountant"

NOT_BILLED = sa.text("NOT is_billed AND asset_id IS NOT NULL AND non_billable_reason IS NULL AND unit_price > 0")
BILLS = "new.credits_line_id IS NULL AND new.is_issued"
TRIGGERS = {
    "billed_insert": ("INSERT", BILLS, "new.credited < new.quantity"),
    "billed_update": ("UPDATE", BILLS, "new.credited < new.quantity"),
}
"""Name: act, condition, and whether the order line is billed after it. Issued lines are never deleted."""

of_invoices = runpy.run_path(str(Path(__file__).with_name("0032_create_invoices.py")))
allow, belongs, word = (of_invoices[name] for name in ("allow", "_belongs", "_word"))
KIND = "invoicing"
STATES = ("preparing", "prepared", "running", "done", "stopped")
ITEM_STATES = ("waiting", "left-out", "drafted", "issued", "not-issued", "not-begun")


def upgrade() -> None:
    _create_runs()
    _create_items()
    schedule = op.create_table(
        "invoice_schedule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("day BETWEEN 1 AND 28", name=op.f("ck_invoice_schedule_day_in_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_schedule")),
    )
    op.bulk_insert(schedule, [{"id": 1, "day": None, "version": 1}])
    allow(lambda kinds: [*kinds, KIND])
    _mark_billed_lines()


def downgrade() -> None:
    """The invoices stay; how they were made is gone."""
    for name in TRIGGERS:
        _unfollow(name)
    op.drop_index("ix_order_lines_not_billed", "order_lines")
    op.drop_column("order_lines", "is_billed")
    for table in ("invoice_schedule", "invoice_run_items", "invoice_runs"):
        op.drop_table(table)
    op.execute(f"DELETE FROM work_items WHERE kind = '{KIND}'")
    allow(lambda kinds: [kind for kind in kinds if kind != KIND])


def _create_runs() -> None:
    table = "invoice_runs"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("state", word("invoicerunstate", *STATES), nullable=False),
        sa.Column("origin", word("invoicerunorigin", "person", "schedule", "command"), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("again_of_id", sa.Integer(), nullable=True),
        sa.Column("prepared_up_to", sa.Integer(), nullable=False),
        sa.Column("others", sa.JSON(), nullable=False),
        *(sa.Column(f"{act}_by_id", sa.Integer(), nullable=True) for act in ("made", "started", "ended")),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        *(sa.Column(f"{act}_at", UTCDateTime(), nullable=True) for act in ("started", "ended")),
        sa.Column("version", sa.Integer(), nullable=False),
        belongs(table, "again_of_id", table),
        *(belongs(table, f"{act}_by_id", "users") for act in ("made", "started", "ended")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_runs")),
        sa.UniqueConstraint("key", name=op.f("uq_invoice_runs_key")),
    )


def _create_items() -> None:
    table = "invoice_run_items"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("is_outside", sa.Boolean(), nullable=False),
        sa.Column("state", word("invoicerunitemstate", *ITEM_STATES), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("mend", sa.String(length=20), nullable=True),
        sa.Column("mend_id", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("lines_count", "licences")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("net", "vat", "gross")),
        belongs(table, "run_id", "invoice_runs"),
        belongs(table, "account_id", "accounts"),
        belongs(table, "order_id", "orders"),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_invoice_run_items_invoice_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_run_items")),
    )
    op.create_index("ix_invoice_run_items_state", table, ["run_id", "state", "id"])
    op.create_index("ix_invoice_run_items_account_id", table, ["account_id", "id"])
    op.create_index("ix_invoice_run_items_invoice_id", table, ["invoice_id"])


def _mark_billed_lines() -> None:
    """The database itself keeps it, so that what is not billed is found by an index, whoever writes."""
    op.add_column("order_lines", sa.Column("is_billed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "UPDATE order_lines SET is_billed = true WHERE id IN (SELECT order_line_id FROM invoice_lines "
        "WHERE credits_line_id IS NULL AND is_issued AND credited < quantity)"
    )
    of_invoices["_index"]("ix_order_lines_not_billed", "order_lines", ["id"], NOT_BILLED)
    for name, (act, condition, is_billed) in TRIGGERS.items():
        _follow(name, act, condition, f"UPDATE order_lines SET is_billed = ({is_billed}) WHERE id = new.order_line_id")


def _follow(name: str, act: str, condition: str, statement: str) -> None:
    head = f"CREATE TRIGGER follow_{name} AFTER {act} ON invoice_lines FOR EACH ROW WHEN ({condition})"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"{head} BEGIN {statement}; END")
        return
    body = f"$$ BEGIN {statement}; RETURN NULL; END $$"
    op.execute(f"CREATE FUNCTION follow_{name}() RETURNS trigger LANGUAGE plpgsql AS {body}")
    op.execute(f"{head} EXECUTE FUNCTION follow_{name}()")


def _unfollow(name: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER follow_{name}")
        return
    op.execute(f"DROP TRIGGER follow_{name} ON invoice_lines")
    op.execute(f"DROP FUNCTION follow_{name}()")
