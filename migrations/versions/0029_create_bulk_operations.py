"""Cancel, annotate and rename many assets at once"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0029_create_bulk_operations"
down_revision = "0028_find_orders"

allow = runpy.run_path(str(Path(__file__).with_name("0014_create_requests.py")))["_allow"]
KINDS = ("cancel", "annotate", "rename")


def upgrade() -> None:
    op.create_table(
        "bulk_operations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", _word("bulkkind", *KINDS), nullable=False),
        sa.Column("state", _word("bulkstate", "prepared", "running", "done", "stopped", "halted"), nullable=False),
        sa.Column("origin", _word("bulkorigin", "picked", "matching", "cause"), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("is_cut", sa.Boolean(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("started_by_id", sa.Integer(), nullable=True),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("why", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name=op.f("fk_bulk_operations_made_by_id")),
        sa.ForeignKeyConstraint(["started_by_id"], ["users.id"], name=op.f("fk_bulk_operations_started_by_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["users.id"], name=op.f("fk_bulk_operations_ended_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_operations")),
    )
    op.create_index("ix_bulk_operations_made_by_id", "bulk_operations", ["made_by_id", "state"])
    op.create_table(
        "bulk_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("operation_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", _word("bulkitemstate", "waiting", "done", "left_out", "not_begun"), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("revocation_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["operation_id"], ["bulk_operations.id"], name=op.f("fk_bulk_items_operation_id")),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_bulk_items_asset_id")),
        sa.ForeignKeyConstraint(["revocation_id"], ["revocations.id"], name=op.f("fk_bulk_items_revocation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_items")),
        sa.UniqueConstraint("operation_id", "asset_id", name=op.f("uq_bulk_items_operation_id_asset_id")),
    )
    op.create_index("ix_bulk_items_operation_id_state", "bulk_items", ["operation_id", "state", "id"])
    op.create_index("ix_bulk_items_revocation_id", "bulk_items", ["revocation_id"])
    allow(lambda kinds: [*kinds, "bulk"])


def downgrade() -> None:
    """What was carried out stays, and so does its audit log. The receipts and what has not begun are gone."""
    op.drop_table("bulk_items")
    op.drop_table("bulk_operations")
    op.execute("DELETE FROM work_items WHERE kind = 'bulk'")
    allow(lambda kinds: [kind for kind in kinds if kind != "bulk"])


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)
