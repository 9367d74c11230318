"""People choose their language"""

import sqlalchemy as sa
from alembic import op

revision = "0053_add_user_language"
down_revision = "0049_create_task_runs"


def upgrade() -> None:
    """Nobody has chosen yet: the language of the account counts."""
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("language", sa.String(length=20), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.drop_column("language")
