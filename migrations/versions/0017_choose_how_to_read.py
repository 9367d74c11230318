"""How a file was read, what a person said about it, and rows that look like something that is there"""

import sqlalchemy as sa
from alembic import op

revision = "0017_choose_how_to_read"
down_revision = "0016_add_security_events"

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
STAGED = ("staged_assets", "staged_accounts")
VERDICTS = (
    "verdict IN ('new', 'same', 'differs', 'faulty')",
    "verdict IN ('new', 'same', 'differs', 'faulty', 'remarked')",
)


def upgrade() -> None:
    for name in ("choices", "reading"):
        op.add_column("imports", sa.Column(name, sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("imports", sa.Column("accepted", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
    op.add_column("imports", sa.Column("remarked_count", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("staged_accounts", sa.Column("look", KEY, nullable=True))
    op.create_index("ix_staged_accounts_look", "staged_accounts", ["import_id", "look"])
    for table in STAGED:
        replace_check(table, *VERDICTS)


def downgrade() -> None:
    """A row that was remarked is left alone, as one that differs."""
    for table in STAGED:
        op.execute(f"UPDATE {table} SET verdict = 'differs' WHERE verdict = 'remarked'")
        replace_check(table, *reversed(VERDICTS))
    op.execute("UPDATE imports SET differs_count = differs_count + remarked_count")
    op.drop_index("ix_staged_accounts_look", "staged_accounts")
    op.drop_column("staged_accounts", "look")
    for name in ("remarked_count", "accepted", "reading", "choices"):
        op.drop_column("imports", name)


def replace_check(table: str, before: str, after: str) -> None:
    """On SQLite in the schema's text, as its documentation describes for constraints (lang_altertable.html)."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f(f"ck_{table}_verdict"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_verdict"), table, after)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    change = "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ? AND instr(sql, ?)"
    changed = connection.exec_driver_sql(change, (before, after, table, before)).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
    if changed != 1:
        raise RuntimeError(f"the verdicts of {table} are not what they were")
