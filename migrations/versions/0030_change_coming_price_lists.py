"""Remember where a price list ended before the one that follows it was put in use"""

import sqlalchemy as sa
from alembic import op

revision = "0030_change_coming_price_lists"
down_revision = "0029_create_bulk_operations"


def upgrade() -> None:
    op.add_column("price_lists", sa.Column("followed_until", sa.Date(), nullable=True))
    # Nobody knows where a list ended before its successor cut it, so that it never gets longer than it is now.
    op.execute(
        "UPDATE price_lists SET followed_until = "
        "(SELECT followed.valid_until FROM price_lists AS followed WHERE followed.id = price_lists.follows_id) "
        "WHERE used_at IS NOT NULL AND follows_id IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_column("price_lists", "followed_until")
