"""Whether somebody of the staff is told of failures at once or once a day"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0051_create_digest_choices"
down_revision = "0050_create_reminders"

FOLDER = Path(__file__).parent
allow = runpy.run_path(str(FOLDER / "0014_create_requests.py"))["_allow"]
word = runpy.run_path(str(FOLDER / "0032_create_invoices.py"))["_word"]
TABLE, KIND = "digest_choices", "digest"


def upgrade() -> None:
    """Nobody has chosen: failures are told once a day."""
    op.create_table(
        TABLE,
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("choice", word("staffmails", "once-a-day", "at-once", "never"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f(f"pk_{TABLE}")),
    )
    allow(lambda kinds: [*kinds, KIND])


def downgrade() -> None:
    """Failures are told at once."""
    op.drop_table(TABLE)
    op.execute(f"DELETE FROM work_items WHERE kind = '{KIND}'")
    allow(lambda kinds: [kind for kind in kinds if kind != KIND])
