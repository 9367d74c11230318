"""People choose their language"""

import sqlalchemy as sa
from alembic import op

revision = "0053_add_user_language"
down_revision = "0049_create_task_runs"


def upgrade() -> None:
    """Nobody has chosen yet: the language of the account counts."""
    op.add_column("users", sa.Column("language", sa.String(length=20), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "language")
