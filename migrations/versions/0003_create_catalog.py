"""Product types, products and prices"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0003_create_catalog"
down_revision = "0002_create_users"


def upgrade() -> None:
    op.create_table(
        "product_types",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("license_kind", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sku_id", sa.String(length=36), nullable=True),
        sa.Column("max_quantity", sa.Integer(), nullable=True),
        sa.Column("expire_days", sa.Integer(), nullable=False),
        sa.Column("validity_days", sa.Integer(), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_types")),
        sa.UniqueConstraint("license_kind", name=op.f("uq_product_types_license_kind")),
        sa.UniqueConstraint("sku_id", name=op.f("uq_product_types_sku_id")),
    )

    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "name_key",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("type_id", sa.Integer(), nullable=False),
        sa.Column("expire_days", sa.Integer(), nullable=False),
        sa.Column("validity_days", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("expire_days BETWEEN 1 AND 3650", name=op.f("ck_products_expire_days_in_range")),
        sa.CheckConstraint("validity_days BETWEEN 1 AND 3650", name=op.f("ck_products_validity_days_in_range")),
        sa.ForeignKeyConstraint(["type_id"], ["product_types.id"], name=op.f("fk_products_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("code", name=op.f("uq_products_code")),
    )
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_products_type_id"), ["type_id"], unique=False)

    op.create_table(
        "prices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_prices_amount_not_negative")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_prices_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prices")),
        sa.UniqueConstraint("product_id", "currency", name=op.f("uq_prices_product_id_currency")),
    )


def downgrade() -> None:
    op.drop_table("prices")
    op.drop_table("products")
    op.drop_table("product_types")
