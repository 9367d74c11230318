"""The tree of accounts"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0001_create_accounts"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column(
            "code_key",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "name_key",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "distributor",
                "partner",
                "customer",
                name="accountkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("bittitan_email", sa.String(length=254), nullable=True),
        sa.Column("organization_id", sa.String(length=36), nullable=True),
        sa.Column("organization_name", sa.String(length=200), nullable=True),
        sa.Column("synchronized_at", UTCDateTime(), nullable=True),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("billing_email", sa.String(length=254), nullable=True),
        sa.Column("address", sa.String(length=500), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("vat_number", sa.String(length=40), nullable=True),
        sa.Column("tax_code", sa.String(length=40), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("credit_limit", sa.BigInteger(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("disabled_at", UTCDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'distributor') = (parent_id IS NULL)",
            name=op.f("ck_accounts_only_the_root_has_no_parent"),
        ),
        sa.ForeignKeyConstraint(["branch_id"], ["accounts.id"], name=op.f("fk_accounts_branch_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["accounts.id"], name=op.f("fk_accounts_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("code_key", name=op.f("uq_accounts_code_key")),
        sa.UniqueConstraint("id", "branch_id", name=op.f("uq_accounts_id_branch_id")),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index("ix_accounts_branch_id", ["branch_id", "name_key", "id"], unique=False)
        batch_op.create_index("ix_accounts_name_key", ["name_key", "id"], unique=False)
        batch_op.create_index("ix_accounts_parent_id", ["parent_id", "name_key", "id"], unique=False)
        batch_op.create_index(
            "uq_accounts_one_distributor",
            ["kind"],
            unique=True,
            sqlite_where=sa.text("kind = 'distributor'"),
            postgresql_where=sa.text("kind = 'distributor'"),
        )


def downgrade() -> None:
    op.drop_table("accounts")
