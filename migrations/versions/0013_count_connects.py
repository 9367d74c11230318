"""Connecting again reaches every process, a release compares counts, a watchdog looks, BitTitan's clock is not ours"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0013_count_connects"
down_revision = "0012_confirm_coupons"


def columns() -> list[sa.Column]:
    return [
        sa.Column("generation", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("clock_offset", sa.Integer(), nullable=True),
        sa.Column("listed", sa.Integer(), nullable=True),
        sa.Column("accounted", sa.Integer(), nullable=True),
        sa.Column("watched_at", UTCDateTime(), nullable=True),
        sa.Column("stuck", sa.Integer(), nullable=False, server_default="0"),
    ]


def upgrade() -> None:
    for column in columns():
        op.add_column("bittitan_connection", column)
    broken = sa.text("failures > 0")
    op.create_index("ix_work_items_failing", "work_items", ["id"], sqlite_where=broken, postgresql_where=broken)
    # What was looked up before counted nothing: a release would compare with nothing. The watchdog begins it anew.
    op.execute("UPDATE bittitan_connection SET searched_at = NULL, search_began_at = NULL, searched_to = 0")


def downgrade() -> None:
    op.drop_index("ix_work_items_failing", "work_items")
    for column in reversed(columns()):
        op.drop_column("bittitan_connection", column.name)
