"""The last run of each recurring task stands in a row"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0049_create_task_runs"
down_revision = "0048_mail_links"

TABLE = "task_runs"


def upgrade() -> None:
    """What ran before is not known; each task adds its row when it runs next."""
    op.create_table(
        TABLE,
        sa.Column("task", sa.String(length=30), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=False),
        sa.Column("fault", sa.String(length=300), nullable=True),
        sa.Column("failing_since", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("task", name=op.f(f"pk_{TABLE}")),
    )


def downgrade() -> None:
    op.drop_table(TABLE)
