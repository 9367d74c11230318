"""Orders and what they bought"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0004_create_assets"
down_revision = "0003_create_catalog"

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("billed_account_id", sa.Integer(), nullable=False),
        sa.Column("placed_by_id", sa.Integer(), nullable=True),
        sa.Column("placed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_orders_account_id")),
        sa.ForeignKeyConstraint(["billed_account_id"], ["accounts.id"], name=op.f("fk_orders_billed_account_id")),
        sa.ForeignKeyConstraint(["placed_by_id"], ["users.id"], name=op.f("fk_orders_placed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("key", name=op.f("uq_orders_key")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orders_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_orders_billed_account_id"), ["billed_account_id"], unique=False)

    op.create_table(
        "assets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_key", KEY, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("billed_account_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("purchased_on", sa.Date(), nullable=False),
        sa.Column("expire_days", sa.Integer(), nullable=False),
        sa.Column("validity_days", sa.Integer(), nullable=False),
        sa.Column("redeem_by", sa.Date(), nullable=False),
        sa.Column("issued_at", UTCDateTime(), nullable=True),
        sa.Column(
            "sync_status",
            sa.Enum(
                "synchronizing",
                "unconfirmed",
                "review",
                "synchronized",
                "failed",
                name="syncstatus",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "lifecycle",
            sa.Enum("active", "cancelled", name="lifecycle", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("external_id", sa.String(length=40), nullable=True),
        sa.Column("external_key", KEY, nullable=True),
        sa.Column("imported_at", UTCDateTime(), nullable=True),
        sa.Column("attempts_made", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("expire_days BETWEEN 1 AND 3650", name=op.f("ck_assets_expire_days_in_range")),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_assets_quantity_positive")),
        sa.CheckConstraint("validity_days BETWEEN 1 AND 3650", name=op.f("ck_assets_validity_days_in_range")),
        sa.ForeignKeyConstraint(
            ["account_id", "branch_id"],
            ["accounts.id", "accounts.branch_id"],
            name=op.f("fk_assets_account_id_branch_id"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["billed_account_id"], ["accounts.id"], name=op.f("fk_assets_billed_account_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_assets_order_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_assets_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
        sa.UniqueConstraint("external_key", name=op.f("uq_assets_external_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_assets_reference")),
    )
    with op.batch_alter_table("assets", schema=None) as batch_op:
        batch_op.create_index("ix_assets_account_id_name_key", ["account_id", "name_key", "id"], unique=False)
        batch_op.create_index("ix_assets_account_id_purchased_on", ["account_id", "purchased_on", "id"], unique=False)
        batch_op.create_index("ix_assets_account_id_quantity", ["account_id", "quantity", "id"], unique=False)
        batch_op.create_index(
            "ix_assets_account_id_redeem_by", ["account_id", "redeem_by", "id", "lifecycle"], unique=False
        )
        batch_op.create_index("ix_assets_all_name_key", ["name_key", "id"], unique=False)
        batch_op.create_index("ix_assets_all_purchased_on", ["purchased_on", "id"], unique=False)
        batch_op.create_index("ix_assets_all_quantity", ["quantity", "id"], unique=False)
        batch_op.create_index("ix_assets_all_redeem_by", ["redeem_by", "id", "lifecycle"], unique=False)
        batch_op.create_index("ix_assets_billed_account_id", ["billed_account_id", "id"], unique=False)
        batch_op.create_index("ix_assets_branch_id_name_key", ["branch_id", "name_key", "id"], unique=False)
        batch_op.create_index("ix_assets_branch_id_purchased_on", ["branch_id", "purchased_on", "id"], unique=False)
        batch_op.create_index("ix_assets_branch_id_quantity", ["branch_id", "quantity", "id"], unique=False)
        batch_op.create_index(
            "ix_assets_branch_id_redeem_by", ["branch_id", "redeem_by", "id", "lifecycle"], unique=False
        )
        batch_op.create_index("ix_assets_order_id", ["order_id"], unique=False)
        batch_op.create_index("ix_assets_product_id", ["product_id", "purchased_on", "id"], unique=False)
        batch_op.create_index("ix_assets_sync_status_name_key", ["sync_status", "name_key", "id"], unique=False)
        batch_op.create_index("ix_assets_sync_status_purchased_on", ["sync_status", "purchased_on", "id"], unique=False)
        batch_op.create_index("ix_assets_sync_status_quantity", ["sync_status", "quantity", "id"], unique=False)
        batch_op.create_index("ix_assets_sync_status_redeem_by", ["sync_status", "redeem_by", "id"], unique=False)

    op.create_table(
        "coupons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=128), nullable=False),
        sa.Column("bittitan_id", sa.String(length=36), nullable=True),
        sa.Column("asset_id", sa.Integer(), nullable=True),
        sa.Column(
            "standing",
            sa.Enum(
                "recorded",
                "review",
                "surplus",
                name="couponstanding",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("reference", sa.String(length=80), nullable=True),
        sa.Column("sku_id", sa.String(length=36), nullable=True),
        sa.Column("organization_id", sa.String(length=36), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("validity_days", sa.Integer(), nullable=True),
        sa.Column("issued_at", UTCDateTime(), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=True),
        sa.Column("redeemed_at", UTCDateTime(), nullable=True),
        sa.Column("read_at", UTCDateTime(), nullable=True),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("asset_id IS NOT NULL OR standing = 'surplus'", name=op.f("ck_coupons_has_an_asset")),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_coupons_asset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupons")),
        sa.UniqueConstraint("bittitan_id", name=op.f("uq_coupons_bittitan_id")),
        sa.UniqueConstraint("code", name=op.f("uq_coupons_code")),
    )
    with op.batch_alter_table("coupons", schema=None) as batch_op:
        batch_op.create_index("ix_coupons_asset_id", ["asset_id"], unique=False)
        batch_op.create_index(
            "uq_coupons_one_recorded_per_asset",
            ["asset_id"],
            unique=True,
            sqlite_where=sa.text("standing = 'recorded'"),
            postgresql_where=sa.text("standing = 'recorded'"),
        )


def downgrade() -> None:
    op.drop_table("coupons")
    op.drop_table("assets")
    op.drop_table("orders")
