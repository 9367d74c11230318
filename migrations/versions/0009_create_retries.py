"""Bulk retries, and failed assets by cause"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0009_create_retries"
down_revision = "0008_create_imports"


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def upgrade() -> None:
    op.create_table(
        "retries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", _word("retrystate", "prepared", "running", "done", "stopped", "halted"), nullable=False),
        sa.Column("origin", _word("retryorigin", "picked", "matching", "again"), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("again_of_id", sa.Integer(), nullable=True),
        sa.Column("is_cut", sa.Boolean(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("has_canary", sa.Boolean(), nullable=False),
        sa.Column("includes_imported", sa.Boolean(), nullable=False),
        sa.Column("expire_days", sa.Integer(), nullable=True),
        sa.Column("started_by_id", sa.Integer(), nullable=True),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("why", sa.String(length=20), nullable=True),
        sa.CheckConstraint("expire_days BETWEEN 1 AND 3650", name=op.f("ck_retries_expire_days_in_range")),
        sa.ForeignKeyConstraint(["again_of_id"], ["retries.id"], name=op.f("fk_retries_again_of_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name=op.f("fk_retries_made_by_id")),
        sa.ForeignKeyConstraint(["started_by_id"], ["users.id"], name=op.f("fk_retries_started_by_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["users.id"], name=op.f("fk_retries_ended_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retries")),
    )
    op.create_index("ix_retries_made_by_id", "retries", ["made_by_id", "state"])
    op.create_table(
        "retry_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("retry_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", _word("itemstate", "waiting", "requested", "left_out", "not_begun"), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=True),
        sa.Column("attempt_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["retry_id"], ["retries.id"], name=op.f("fk_retry_items_retry_id")),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_retry_items_asset_id")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_retry_items_attempt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retry_items")),
        sa.UniqueConstraint("retry_id", "asset_id", name=op.f("uq_retry_items_retry_id_asset_id")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_retry_items_attempt_id")),
    )
    op.create_index("ix_retry_items_retry_id_state", "retry_items", ["retry_id", "state", "id"])
    has_cause = sa.text("cause IS NOT NULL")
    op.create_index(
        "ix_attempts_cause", "attempts", ["cause", "asset_id"], sqlite_where=has_cause, postgresql_where=has_cause
    )


def downgrade() -> None:
    op.drop_index("ix_attempts_cause", "attempts")
    op.drop_table("retry_items")
    op.drop_table("retries")
