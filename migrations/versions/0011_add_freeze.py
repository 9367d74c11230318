"""A restored database is frozen, look-ups wait together, and monitoring has counters"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0011_add_freeze"
down_revision = "0010_create_clearing"

WAITING = sa.text("state IN ('reserved', 'sending', 'unknown')")


def connection_columns() -> list[sa.Column]:
    return [
        sa.Column("next_turn_at", UTCDateTime(), nullable=True),
        sa.Column("lookup_failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_lookup_at", UTCDateTime(), nullable=True),
        sa.Column("birth", sa.String(length=32), nullable=True),
        sa.Column("sends", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("incarnation", sa.String(length=80), nullable=True),
        sa.Column("backed_up_at", UTCDateTime(), nullable=True),
        sa.Column("frozen_at", UTCDateTime(), nullable=True),
        sa.Column("frozen_why", sa.String(length=20), nullable=True),
        sa.Column("lost_from", UTCDateTime(), nullable=True),
        sa.Column("search_began_at", UTCDateTime(), nullable=True),
        sa.Column("searched_to", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("searched_at", UTCDateTime(), nullable=True),
    ]


FAILED = (
    ("ix_assets_failed", "assets", "sync_status = 'failed' AND lifecycle = 'active'",
     ["sync_status", "lifecycle", "purchased_on", "id",
      "billed_account_id", "currency", "quantity", "unit_price", "attempts_made", "created_at"]),
    ("ix_attempts_failed", "attempts", "state IN ('refused', 'not_sent', 'not_executed')",
     ["asset_id", "number", "state", "cause", "settled_at", "requested_at"]),
)  # fmt: skip


def upgrade() -> None:
    for column in connection_columns():
        op.add_column("bittitan_connection", column)
    op.add_column("attempts", sa.Column("paused_since", UTCDateTime(), nullable=True))
    op.create_index("ix_attempts_waiting", "attempts", ["requested_at"], sqlite_where=WAITING, postgresql_where=WAITING)
    for name, table, which, columns in FAILED:
        op.create_index(name, table, columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))
    op.create_table(
        "tallies",
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("bucket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "outcome", "bucket", name=op.f("pk_tallies")),
    )


def downgrade() -> None:
    op.drop_table("tallies")
    op.execute("DELETE FROM work_items WHERE kind = 'search'")
    for name, table, *_ in FAILED:
        op.drop_index(name, table)
    op.drop_index("ix_attempts_waiting", "attempts")
    op.drop_column("attempts", "paused_since")
    for column in reversed(connection_columns()):
        op.drop_column("bittitan_connection", column.name)
