"""Products are drafted and published, have limits and a description; a price may be known as a cost only"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0022_publish_products"
down_revision = "0021_copy_last_cause"


def upgrade() -> None:
    with op.batch_alter_table("products") as batch_op:
        batch_op.add_column(sa.Column("description", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("min_quantity", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("max_quantity", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("published_at", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("first_sold_at", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.create_check_constraint(op.f("ck_products_min_quantity_positive"), "min_quantity >= 1")
        batch_op.create_check_constraint(op.f("ck_products_max_quantity_not_below_min"), "max_quantity >= min_quantity")
    op.execute("UPDATE products SET published_at = created_at")  # until now, what existed could be ordered
    op.execute(
        "UPDATE products SET first_sold_at = "
        "(SELECT min(assets.created_at) FROM assets WHERE assets.product_id = products.id)"
    )
    with op.batch_alter_table("prices") as batch_op:
        batch_op.alter_column("amount", existing_type=sa.BigInteger(), nullable=True)
        batch_op.add_column(sa.Column("cost", sa.BigInteger(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_prices_cost_not_negative"), "cost >= 0")
        batch_op.create_check_constraint(op.f("ck_prices_holds_something"), "amount IS NOT NULL OR cost IS NOT NULL")


def downgrade() -> None:
    """The version before sells whatever is not withdrawn, so a draft is withdrawn."""
    op.execute("DELETE FROM prices WHERE amount IS NULL")
    with op.batch_alter_table("prices") as batch_op:
        batch_op.drop_constraint(op.f("ck_prices_holds_something"), type_="check")
        batch_op.drop_constraint(op.f("ck_prices_cost_not_negative"), type_="check")
        batch_op.drop_column("cost")
        batch_op.alter_column("amount", existing_type=sa.BigInteger(), nullable=False)
    op.execute("UPDATE products SET withdrawn_at = created_at WHERE published_at IS NULL AND withdrawn_at IS NULL")
    with op.batch_alter_table("products") as batch_op:
        batch_op.drop_constraint(op.f("ck_products_max_quantity_not_below_min"), type_="check")
        batch_op.drop_constraint(op.f("ck_products_min_quantity_positive"), type_="check")
        for column in ("version", "first_sold_at", "published_at", "max_quantity", "min_quantity", "description"):
            batch_op.drop_column(column)
