"""Triggers that refuse new lines and taxes of issued invoices"""

from alembic import op

revision = "0037_add_nothing_to_issued"
down_revision = "0036_keep_figures"

ADDED = (("invoice_lines", "insert"), ("invoice_lines", "move"), ("invoice_taxes", "insert"))
"""A line is not moved into an issued invoice either; 0032 refuses each change of a tax."""
ACTS = {"insert": "INSERT", "move": "UPDATE OF invoice_id"}
MESSAGE = "what was issued never changes"


def upgrade() -> None:
    for table, act in ADDED:
        _guard(f"{table}_{act}", table, ACTS[act])


def downgrade() -> None:
    for table, act in ADDED:
        op.execute(f"DROP TRIGGER guard_{table}_{act}" + ("" if _is_sqlite() else f" ON {table}"))
        if not _is_sqlite():
            op.execute(f"DROP FUNCTION guard_{table}_{act}()")


def _guard(name: str, table: str, act: str) -> None:
    """PostgreSQL: the lock is the one that the foreign key takes. It waits for an issue that has not been committed."""
    if _is_sqlite():
        issued = "EXISTS (SELECT 1 FROM invoices WHERE id = new.invoice_id AND number IS NOT NULL)"
        body = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        op.execute(f"CREATE TRIGGER guard_{name} BEFORE {act} ON {table} FOR EACH ROW WHEN {issued} {body}")
        return
    find = "PERFORM 1 FROM invoices WHERE id = new.invoice_id AND number IS NOT NULL FOR KEY SHARE"
    body = f"BEGIN {find}; IF FOUND THEN RAISE EXCEPTION '{MESSAGE}'; END IF; RETURN new; END"
    op.execute(f"CREATE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"CREATE TRIGGER guard_{name} BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION guard_{name}()")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
