"""Keep where a price list would end without its successor, all details of accounts in files, and where sends go"""

import sqlalchemy as sa
from alembic import op

revision = "0030_keep_whole_records"
down_revision = "0029_create_bulk_operations"

DETAILS = {
    "contact_email": sa.String(length=254), "address": sa.String(length=500), "tax_code": sa.String(length=40),
    "language": sa.String(length=10), "credit_limit": sa.BigInteger(),
}  # fmt: skip


def upgrade() -> None:
    for name, kind in DETAILS.items():
        op.add_column("staged_accounts", sa.Column(name, kind, nullable=True))
    op.add_column("bittitan_connection", sa.Column("sends_to", sa.String(length=240), nullable=True))
    op.add_column("price_lists", sa.Column("followed_until", sa.Date(), nullable=True))
    # Nobody knows where a list ended before its successor cut it, so that it never gets longer than it is now.
    op.execute(
        "UPDATE price_lists SET followed_until = "
        "(SELECT followed.valid_until FROM price_lists AS followed WHERE followed.id = price_lists.follows_id) "
        "WHERE used_at IS NOT NULL AND follows_id IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_column("price_lists", "followed_until")
    op.drop_column("bittitan_connection", "sends_to")
    for name in DETAILS:
        op.drop_column("staged_accounts", name)
