"""The security log"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0016_add_security_events"
down_revision = "0015_add_authenticated_at"

TABLE = "security_events"
YOUNG = {
    "sqlite": "old.at > strftime('%Y-%m-%d %H:%M:%f', 'now', '-400 days')",
    "postgresql": "old.at > now() - interval '400 days'",
}
GUARDS = (("UPDATE", False, "the security log is append-only"), ("DELETE", True, "the security log is kept 400 days"))


def create_triggers() -> None:
    kind = op.get_bind().dialect.name
    for act, is_for_young, message in GUARDS:
        name = f"guard_{TABLE}_{act.lower()}"
        when = f"WHEN ({YOUNG[kind]})" if is_for_young else ""
        if kind == "sqlite":
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {act} ON {TABLE} FOR EACH ROW {when} "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
        else:
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {TABLE} FOR EACH ROW {when} EXECUTE FUNCTION {name}()")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=20), nullable=True),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("method", sa.String(length=10), nullable=True),
        sa.Column("route", sa.String(length=120), nullable=True),
        sa.Column("detail", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_events")),
    )
    op.create_index("ix_security_events_at", TABLE, ["at"])
    op.create_index("ix_security_events_person_id", TABLE, ["person_id", "at"])
    create_triggers()


def downgrade() -> None:
    op.drop_table(TABLE)  # and its triggers with it
    if op.get_bind().dialect.name == "postgresql":
        for act, *_ in GUARDS:
            op.execute(f"DROP FUNCTION guard_{TABLE}_{act.lower()}()")
