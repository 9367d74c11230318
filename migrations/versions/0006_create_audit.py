"""The append-only record, and codes that stay"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0006_create_audit"
down_revision = "0005_create_provisioning"


# Table, when, and what the database answers. `old` and `new` are the row before and after.
GUARDS = (
    ("audit_entries", "UPDATE", None, "the audit log is append-only"),
    ("audit_entries", "DELETE", None, "the audit log is append-only"),
    ("coupons", "DELETE", None, "a coupon is never dropped"),
    ("coupons", "UPDATE", "new.code <> old.code", "a code never changes"),
    (
        "coupons",
        "UPDATE",
        "old.standing = 'recorded' AND (new.standing <> 'recorded' OR new.asset_id <> old.asset_id)",
        "a recorded code stays with its asset",
    ),
)


def create_triggers() -> None:
    for number, (table, act, condition, message) in enumerate(GUARDS, start=1):
        name = f"guard_{table}_{number}"
        when = f"WHEN ({condition})" if condition else ""
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW {when} "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
        else:
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {name}()")


def drop_triggers() -> None:
    for number, (table, *_) in enumerate(GUARDS, start=1):
        name = f"guard_{table}_{number}"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {name}")
        else:
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION {name}()")


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entries_subject", ["subject", "subject_id", "id"], unique=False)

    create_triggers()


def downgrade() -> None:
    drop_triggers()
    op.drop_table("audit_entries")
