"""Scheduled reconciliation runs replace the daily comparison"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0044_schedule_reconciliation"
down_revision = "0043_create_handovers"

allow = runpy.run_path(str(Path(__file__).with_name("0014_create_requests.py")))["_allow"]
RUNS, BEFORE, KIND = "reconciliation_runs", "clearing_runs", "clearing"
ASKED = "SELECT id FROM vendor_requests WHERE kind = 'keep coupon'"


def upgrade() -> None:
    """What the daily comparison found is found again by the first run. A page that waits for a coupon to be kept, for
    an hour at most, is gone."""
    op.add_column(RUNS, sa.Column("rhythm", sa.String(length=10), nullable=True))
    op.execute(f"DELETE FROM work_items WHERE kind = 'request' AND subject_id IN ({ASKED})")
    op.execute("DELETE FROM vendor_requests WHERE kind = 'keep coupon'")
    op.execute(f"DELETE FROM work_items WHERE kind = '{KIND}' OR kind = 'reconcile' AND subject_id = 0")
    allow(lambda kinds: [kind for kind in kinds if kind != KIND])
    op.drop_table(BEFORE)


def downgrade() -> None:
    """The table comes back empty: the daily comparison begins anew."""
    op.create_table(
        BEFORE,
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
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{BEFORE}")),
    )
    is_open = sa.text("finished_at IS NULL")
    where = {"sqlite_where": is_open, "postgresql_where": is_open}
    op.create_index(f"uq_{BEFORE}_one_open", BEFORE, ["lock"], unique=True, **where)
    op.create_index(f"ix_{BEFORE}_complete", BEFORE, ["is_complete", "id"])
    allow(_with_kind)
    op.execute("DELETE FROM work_items WHERE kind = 'reconcile' AND subject_id = 0")
    op.drop_column(RUNS, "rhythm")


def _with_kind(kinds: list[str]) -> list[str]:
    """In its former place: earlier migrations compare the whole constraint."""
    place = kinds.index("retry") + 1
    return [*kinds[:place], KIND, *kinds[place:]]
