"""A file may bring codes for assets that failed"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0020_attach_from_file"
down_revision = "0019_add_name_sort"

replace_check = runpy.run_path(str(Path(__file__).with_name("0017_choose_how_to_read.py")))["replace_check"]
STAGED = ("staged_assets", "staged_accounts")
VERDICTS = (
    "verdict IN ('new', 'same', 'differs', 'faulty', 'remarked')",
    "verdict IN ('new', 'same', 'differs', 'faulty', 'remarked', 'attach')",
)


def upgrade() -> None:
    op.add_column("imports", sa.Column("attach_count", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("staged_assets", sa.Column("asset_id", sa.Integer(), nullable=True))
    op.add_column("staged_assets", sa.Column("code_result", sa.String(length=20), nullable=True))
    op.add_column("staged_assets", sa.Column("code_told", sa.Text(), nullable=True))
    for table in STAGED:
        replace_check(table, *VERDICTS)


def downgrade() -> None:
    """A row with a code for an asset that failed is left alone, as one that differs."""
    for table in STAGED:
        op.execute(f"UPDATE {table} SET verdict = 'differs' WHERE verdict = 'attach'")
        replace_check(table, *reversed(VERDICTS))
    op.execute("UPDATE imports SET differs_count = differs_count + attach_count")
    for name in ("code_told", "code_result", "asset_id"):
        op.drop_column("staged_assets", name)
    op.drop_column("imports", "attach_count")
