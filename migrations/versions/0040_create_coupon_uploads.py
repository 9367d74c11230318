"""Lists of coupons that people upload for reconciliation"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0040_create_coupon_uploads"
down_revision = "0039_index_audit_entries"

belongs = runpy.run_path(str(Path(__file__).parent / "0032_create_invoices.py"))["_belongs"]


def upgrade() -> None:
    op.create_table(
        "coupon_uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("heads", "mapping", "choices")),
        sa.Column("is_remembered", sa.Boolean(), nullable=False),
        sa.Column("preview", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("cleared_at", UTCDateTime(), nullable=True),
        belongs("coupon_uploads", "run_id", "reconciliation_runs"),
        belongs("coupon_uploads", "made_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_uploads")),
    )
    op.create_index("ix_coupon_uploads_sha256", "coupon_uploads", ["sha256", "id"], unique=False)
    op.create_index("ix_coupon_uploads_signature", "coupon_uploads", ["signature", "id"], unique=False)
    op.create_table(
        "coupon_upload_parts",
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"],
            ["coupon_uploads.id"],
            name=op.f("fk_coupon_upload_parts_upload_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_coupon_upload_parts")),
    )


def downgrade() -> None:
    op.drop_table("coupon_upload_parts")
    op.drop_table("coupon_uploads")
