"""An account can be merged into another one that is the same"""

import sqlalchemy as sa
from alembic import op

revision = "0026_merge_accounts"
down_revision = "0025_give_orders_lines"

COLUMN, TARGET = "merged_into_id", "fk_accounts_merged_into_id"
CHECK = "ck_accounts_merged_is_out_of_use"
RULE = "merged_into_id IS NULL OR (disabled_at IS NOT NULL AND branch_id IS NULL)"
INDEX = "ix_accounts_merged_into_id"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Without rebuilding the table, which would lose its triggers.
        op.execute(
            f"ALTER TABLE accounts ADD COLUMN {COLUMN} INTEGER CONSTRAINT {TARGET} REFERENCES accounts (id) "
            f"CONSTRAINT {CHECK} CHECK ({RULE})"
        )
    else:
        op.add_column("accounts", sa.Column(COLUMN, sa.Integer(), nullable=True))
        op.create_foreign_key(op.f(TARGET), "accounts", "accounts", [COLUMN], ["id"])
        op.create_check_constraint(op.f(CHECK), "accounts", RULE)
    is_merged = sa.text("merged_into_id IS NOT NULL")
    op.create_index(INDEX, "accounts", [COLUMN], sqlite_where=is_merged, postgresql_where=is_merged)


def downgrade() -> None:
    """A merged account is a disabled one again, directly below the distributor, and has nothing of its own."""
    op.drop_index(INDEX, "accounts")
    op.execute(f"UPDATE accounts SET branch_id = id, {COLUMN} = NULL WHERE {COLUMN} IS NOT NULL")
    op.drop_column("accounts", COLUMN)
