"""Files that are imported, and their records while they wait"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0008_create_imports"
down_revision = "0007_index_search"

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def _create_staged(table: str, *columns: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("key", KEY, nullable=True),
        sa.Column("cell_faults", sa.Text(), nullable=True),
        sa.Column("findings", sa.Text(), nullable=True),
        sa.Column("verdict", _word("verdict", "new", "same", "differs", "faulty"), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("name_key", KEY, nullable=True),
        *columns,
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f(f"fk_{table}_import_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_key", table, ["import_id", "key"])
    op.create_index(f"ix_{table}_verdict", table, ["import_id", "verdict", "line"])


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", _word("importkind", "accounts", "assets"), nullable=True),
        sa.Column(
            "state", _word("importstate", "reading", "unreadable", "read", "applying", "applied"), nullable=False
        ),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("encoding", sa.String(length=20), nullable=True),
        sa.Column("delimiter", sa.String(length=1), nullable=True),
        sa.Column("heads", sa.JSON(), nullable=False),
        sa.Column("ignored", sa.JSON(), nullable=False),
        sa.Column("absent", sa.JSON(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("rows_checked", sa.Integer(), nullable=False),
        sa.Column("new_count", sa.Integer(), nullable=False),
        sa.Column("same_count", sa.Integer(), nullable=False),
        sa.Column("differs_count", sa.Integer(), nullable=False),
        sa.Column("faulty_count", sa.Integer(), nullable=False),
        sa.Column("skips_faulty", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("applied_at", UTCDateTime(), nullable=True),
        sa.Column("applied_by_id", sa.Integer(), nullable=True),
        sa.Column("cleared_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_imports_created_by_id")),
        sa.ForeignKeyConstraint(["applied_by_id"], ["users.id"], name=op.f("fk_imports_applied_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "import_parts",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_parts_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_parts")),
    )
    _create_staged(
        "staged_assets",
        sa.Column("external_id", sa.String(length=40), nullable=True),
        sa.Column("product_name", sa.Text(), nullable=True),
        sa.Column("customer_code", sa.Text(), nullable=True),
        sa.Column("billed_code", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column(
            "sync_status",
            _word("syncstatus", "synchronizing", "unconfirmed", "review", "synchronized", "failed"),
            nullable=True,
        ),
        sa.Column("purchased_on", sa.Date(), nullable=True),
        sa.Column("expire_days", sa.Integer(), nullable=True),
        sa.Column("validity_days", sa.Integer(), nullable=True),
        sa.Column("redeem_by", sa.Date(), nullable=True),
        sa.Column("code", sa.String(length=128), nullable=True),
        sa.Column("mask", sa.String(length=4), nullable=True),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("billed_account_id", sa.Integer(), nullable=True),
        sa.Column("product_id", sa.Integer(), nullable=True),
    )
    op.create_index("ix_staged_assets_code", "staged_assets", ["import_id", "code"])
    _create_staged(
        "staged_accounts",
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("kind", _word("accountkind", "distributor", "partner", "customer"), nullable=True),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("parent_key", KEY, nullable=True),
        sa.Column("bittitan_email", sa.String(length=254), nullable=True),
        sa.Column("billing_email", sa.String(length=254), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("vat_number", sa.String(length=40), nullable=True),
    )


def downgrade() -> None:
    for table in ("staged_accounts", "staged_assets", "import_parts", "imports"):
        op.drop_table(table)
