"""Uploaded lists of coupons, which the worker reads"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0043_add_coupon_uploads"
down_revision = "0039_index_audit_entries"

belongs = runpy.run_path(str(Path(__file__).with_name("0032_create_invoices.py")))["_belongs"]
UPLOADS, PARTS = "coupon_uploads", "coupon_upload_parts"


def upgrade() -> None:
    op.create_table(
        UPLOADS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("encoding", sa.String(length=20), nullable=False),
        sa.Column("handling", sa.String(length=20), nullable=False),
        sa.Column("heads", sa.JSON(), nullable=False),
        sa.Column("heads_key", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        belongs(UPLOADS, "run_id", "reconciliation_runs"),
        belongs(UPLOADS, "made_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{UPLOADS}")),
        sa.UniqueConstraint("run_id", name=op.f(f"uq_{UPLOADS}_run_id")),
    )
    op.create_index(f"ix_{UPLOADS}_heads_key", UPLOADS, ["heads_key", "id"])
    op.create_table(
        PARTS,
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], [f"{UPLOADS}.id"], name=op.f(f"fk_{PARTS}_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f(f"pk_{PARTS}")),
    )


def downgrade() -> None:
    """A file that is not read yet is gone; its run stays and can be stopped."""
    op.drop_table(PARTS)
    op.drop_table(UPLOADS)
