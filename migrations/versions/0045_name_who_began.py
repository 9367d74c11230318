"""An entry of the worker names who began it; indexes by actor and kind, and of what happened to codes"""

import sqlalchemy as sa
from alembic import op

revision = "0045_name_who_began"
down_revision = "0044_schedule_reconciliation"

TABLE = "audit_entries"
IS_PERSON, IS_PROCESS, IS_REVEAL = "actor_id IS NOT NULL", "actor_id IS NULL", "act = 'reveal'"
IS_OF_CODE = (
    "CASE WHEN subject IN ('asset', 'coupon') THEN act IN ('attach', 'confirm', 'give', 'move', 'not revoked', "
    "'overrule', 'reveal', 'revoke', 'revoked', 'state', 'surplus', 'withdraw') OR field = 'code' END"
)
# Name, columns, and which rows.
BEFORE = (
    ("ix_audit_entries_person", ("actor_id", "at", "id", "subject"), IS_PERSON),
    ("ix_audit_entries_process", ("actor", "at", "id", "subject"), IS_PROCESS),
    ("ix_audit_entries_reveals", ("at", "id", "actor_id"), IS_REVEAL),
)
AFTER = (
    ("ix_audit_entries_person", ("actor_id", "at", "id"), IS_PERSON),
    ("ix_audit_entries_person_kind", ("actor_id", "subject", "at", "id"), IS_PERSON),
    ("ix_audit_entries_process", ("actor", "at", "id"), IS_PROCESS),
    ("ix_audit_entries_process_kind", ("actor", "subject", "at", "id"), IS_PROCESS),
    ("ix_audit_entries_codes", ("at", "id"), IS_OF_CODE),
    ("ix_audit_entries_person_codes", ("actor_id", "at", "id"), IS_OF_CODE),
    ("ix_audit_entries_reveals", ("at", "id"), IS_REVEAL),
    ("ix_audit_entries_person_reveals", ("actor_id", "at", "id"), IS_REVEAL),
)


def upgrade() -> None:
    """No entry is written: earlier ones of the worker keep its name, for who began them would be a guess."""
    op.add_column(TABLE, sa.Column("via", sa.String(length=20), nullable=True))
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    """The worker's entries keep the person's name; that the worker did it is lost."""
    _replace(AFTER, BEFORE)
    op.drop_column(TABLE, "via")


def _replace(old: tuple, new: tuple) -> None:
    for name, _columns, _rows in old:
        op.drop_index(name, table_name=TABLE)
    for name, columns, rows in new:
        where = sa.text(rows)
        op.create_index(name, TABLE, list(columns), unique=False, sqlite_where=where, postgresql_where=where)
