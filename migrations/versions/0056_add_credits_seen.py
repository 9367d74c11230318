"""A retry knows which credit notes its preview named"""

import sqlalchemy as sa
from alembic import op

revision = "0056_add_credits_seen"
down_revision = "0055_record_reminders"


def upgrade() -> None:
    """Of a retry that is running, nobody knows what was seen: assets with a credit note are left out of it."""
    op.add_column("retry_items", sa.Column("credits_seen", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("retry_items", "credits_seen")
