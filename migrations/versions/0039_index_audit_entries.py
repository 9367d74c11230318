"""The audit log is read by time: all of it, of a person, of a process, of a kind of subject, and reveals"""

import sqlalchemy as sa
from alembic import op

revision = "0039_index_audit_entries"
down_revision = "0038_create_reconciliation_runs"

TABLE = "audit_entries"
SUBJECT = "ix_audit_entries_subject"
# Name, columns, and which rows.
INDEXES = (
    ("ix_audit_entries_at", ("at", "id"), None),
    ("ix_audit_entries_person", ("actor_id", "at", "id", "subject"), "actor_id IS NOT NULL"),
    ("ix_audit_entries_process", ("actor", "at", "id", "subject"), "actor_id IS NULL"),
    ("ix_audit_entries_kind", ("subject", "at", "id"), None),
    ("ix_audit_entries_reveals", ("at", "id", "actor_id"), "act = 'reveal'"),
)  # fmt: skip


def upgrade() -> None:
    """No row is written. The index by subject gets the time, so that what happened to the many assets of an account is
    sorted without reading the entries."""
    for name, columns, rows in INDEXES:
        where = sa.text(rows) if rows else None
        op.create_index(name, TABLE, list(columns), unique=False, sqlite_where=where, postgresql_where=where)
    op.drop_index(SUBJECT, table_name=TABLE)
    op.create_index(SUBJECT, TABLE, ["subject", "subject_id", "id", "at"], unique=False)


def downgrade() -> None:
    op.drop_index(SUBJECT, table_name=TABLE)
    op.create_index(SUBJECT, TABLE, ["subject", "subject_id", "id"], unique=False)
    for name, _columns, _rows in reversed(INDEXES):
        op.drop_index(name, table_name=TABLE)
