"""Payments, and what they settle"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0033_create_payments"
down_revision = "0032_create_invoices"

before = runpy.run_path(str(Path(__file__).with_name("0032_create_invoices.py")))
IS_UNASSIGNED = sa.text("kind = 'payment' AND allocated < amount AND reversed_at IS NULL")
FIXED = (
    "key", "kind", "currency", "amount", "paid_on", "reference", "source", "source_line", "note", "recorded_by_id",
    "recorded_at",
)  # fmt: skip
"""A merge of accounts moves `account_id`; a reversal is written once."""
LINKS = ("invoice_id", "payment_id", "credit_note_id", "refund_id")


def upgrade() -> None:
    belongs, word, guard, differs = (before[name] for name in ("_belongs", "_word", "_guard", "_differs"))
    op.create_table(
        "payments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", word("paymentkind", "payment", "refund"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("allocated", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("source", word("paymentsource", "hand", "bank-list"), nullable=False),
        sa.Column("source_line", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.Column("reversed_at", UTCDateTime(), nullable=True),
        sa.Column("reversed_by_id", sa.Integer(), nullable=True),
        sa.Column("reversal_reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payments_amount_positive")),
        sa.CheckConstraint("allocated BETWEEN 0 AND amount", name=op.f("ck_payments_allocated_in_range")),
        belongs("payments", "account_id", "accounts"),
        belongs("payments", "recorded_by_id", "users"),
        belongs("payments", "reversed_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("key", name=op.f("uq_payments_key")),
    )
    op.create_index("ix_payments_account_id", "payments", ["account_id", "paid_on", "id"])
    op.create_index("ix_payments_paid_on", "payments", ["paid_on", "id"])
    before["_index"]("ix_payments_unassigned", "payments", ["account_id", "id"], IS_UNASSIGNED)
    _create_allocations(belongs)
    changed = " OR ".join(f"new.{name} {differs()} old.{name}" for name in FIXED)
    guard("payments_update", "payments", "UPDATE", f"old.reversed_at IS NOT NULL OR {changed}")
    guard("payments_delete", "payments", "DELETE", None)
    for act in ("UPDATE", "DELETE"):
        guard(f"allocations_{act.lower()}", "allocations", act, None)


def downgrade() -> None:
    """Invoices keep what is settled of them."""
    for table in ("allocations", "payments"):
        for act in ("update", "delete"):
            before["_unguard"](f"{table}_{act}", table)
        op.drop_table(table)


def _create_allocations(belongs) -> None:
    op.create_table(
        "allocations",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in LINKS),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(payment_id IS NULL) <> (credit_note_id IS NULL)", name=op.f("ck_allocations_one_source")),
        sa.CheckConstraint("(invoice_id IS NULL) <> (refund_id IS NULL)", name=op.f("ck_allocations_one_target")),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_allocations_amount_not_zero")),
        belongs("allocations", "payment_id", "payments"),
        belongs("allocations", "credit_note_id", "invoices"),
        belongs("allocations", "invoice_id", "invoices"),
        belongs("allocations", "refund_id", "payments"),
        belongs("allocations", "made_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
    )
    for name in LINKS:
        op.create_index(f"ix_allocations_{name}", "allocations", [name, "id"])
