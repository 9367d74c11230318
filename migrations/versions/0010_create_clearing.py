"""Revocations, what is cleared with BitTitan, and where a surplus coupon came from"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0010_create_clearing"
down_revision = "0007_index_search"


def upgrade() -> None:
    op.add_column("coupons", sa.Column("attempt_number", sa.Integer(), nullable=True))
    op.add_column("coupons", sa.Column("moved_from_id", sa.Integer(), nullable=True))
    op.create_index("ix_coupons_standing", "coupons", ["standing", "id"])
    op.create_index("ix_coupons_moved_from_id", "coupons", ["moved_from_id"])
    op.create_index("ix_alerts_seen_at", "alerts", ["seen_at", "id"])

    op.create_table(
        "revocations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("coupon_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "revoked",
                "refused",
                "unanswered",
                name="revocationstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("cancels", sa.Boolean(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UTCDateTime(), nullable=True),
        sa.Column("cause", sa.String(length=60), nullable=True),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"], name=op.f("fk_revocations_coupon_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_revocations_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revocations")),
        sa.UniqueConstraint("coupon_id", name=op.f("uq_revocations_coupon_id")),
    )
    op.create_table(
        "clearing_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("lease_until", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clearing_runs")),
    )
    is_open = sa.text("finished_at IS NULL")
    op.create_index(
        "uq_clearing_runs_one_open",
        "clearing_runs",
        ["lock"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("ix_clearing_runs_complete", "clearing_runs", ["is_complete", "id"])

    # What was kept for a review that is over stands in the register, where somebody can decide about it.
    op.execute(
        "UPDATE coupons SET standing = 'surplus' WHERE standing = 'review' "
        "AND asset_id IN (SELECT id FROM assets WHERE sync_status <> 'review')"
    )


def downgrade() -> None:
    op.drop_table("clearing_runs")
    op.drop_table("revocations")
    op.drop_index("ix_alerts_seen_at", "alerts")
    op.drop_index("ix_coupons_moved_from_id", "coupons")
    op.drop_index("ix_coupons_standing", "coupons")
    op.drop_column("coupons", "moved_from_id")
    op.drop_column("coupons", "attempt_number")
