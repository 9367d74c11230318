"""People choose their language"""

import sqlalchemy as sa
from alembic import op

revision = "0053_add_user_language"
down_revision = "0052_create_asset_requests"


def upgrade() -> None:
    """Nobody has chosen yet: the language of the account counts."""
    op.add_column("users", sa.Column("language", sa.String(length=20), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "language")
