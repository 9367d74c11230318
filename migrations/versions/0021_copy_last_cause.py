"""Why an asset waits for a person stands in its own row, so that the work queue reads no attempts"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0021_copy_last_cause"
down_revision = "0020_attach_from_file"

WAITS = "{row}.sync_status IN ('failed', 'review')"
STATES = "new.state IN ('refused', 'not_sent', 'not_executed', 'review')"
"""Of the newest attempt of an asset that waits. An asset whose code was withdrawn may also have one that succeeded, of
which nothing is copied."""

_LAST = (
    "(SELECT {column} FROM attempts "
    "WHERE asset_id = assets.id AND number = assets.attempts_made AND state <> 'succeeded')"
)
_COPIES = {
    "last_attempt_id": _LAST.format(column="id"),
    "last_cause": "CASE attempts_made WHEN 0 THEN 'never-sent' "
    f"ELSE coalesce({_LAST.format(column='cause')}, 'no-reason') END",
    "waits_since": f"coalesce({_LAST.format(column='coalesce(settled_at, requested_at)')}, created_at)",
}
_VALUES = ", ".join(
    f"{column} = CASE WHEN {WAITS.format(row='assets')} THEN {value} END" for column, value in _COPIES.items()
)
COPY = f"UPDATE assets SET {_VALUES} WHERE "

# Name, when, on which rows, and which assets then get a copy. The same on both databases.
_OF_ATTEMPT = f"id = new.asset_id AND attempts_made = new.number AND {WAITS.format(row='assets')}"
TRIGGERS = (
    ("copy_last_cause_1", "INSERT", "assets", WAITS.format(row="new"), "id = new.id"),
    (
        "copy_last_cause_2",
        "UPDATE OF sync_status, attempts_made",
        "assets",
        f"{WAITS.format(row='old')} OR {WAITS.format(row='new')}",
        "id = new.id",
    ),
    ("copy_last_cause_3", "INSERT", "attempts", STATES, _OF_ATTEMPT),
    ("copy_last_cause_4", "UPDATE OF state, cause, requested_at, settled_at", "attempts", STATES, _OF_ATTEMPT),
)

_OF_QUEUE = (
    "sync_status",
    "lifecycle",
    "purchased_on",
    "id",
    "billed_account_id",
    "currency",
    "quantity",
    "unit_price",
)
_IS_UNREDEEMED = "standing = 'recorded' AND redeemed_at IS NULL"
_IS_FAILED = "sync_status = 'failed' AND lifecycle = 'active'"
# Name, table, columns, and the rows that it holds.
OLD = (
    ("ix_assets_failed", "assets", (*_OF_QUEUE, "attempts_made", "created_at"), _IS_FAILED),
    (
        "ix_attempts_failed",
        "attempts",
        ("asset_id", "number", "state", "cause", "settled_at", "requested_at"),
        "state IN ('refused', 'not_sent', 'not_executed')",
    ),
    ("ix_attempts_cause", "attempts", ("cause", "asset_id"), "cause IS NOT NULL"),
    ("ix_coupons_unredeemed", "coupons", ("asset_id",), _IS_UNREDEEMED),
)
NEW = (
    ("ix_assets_failed", "assets", (*_OF_QUEUE, *_COPIES), _IS_FAILED),
    ("ix_assets_in_review", "assets", (*_OF_QUEUE, *_COPIES), "sync_status = 'review' AND lifecycle = 'active'"),
    # With `redeemed_at` it covers what is asked of it. Without, SQLite chose between it and the unique one of all
    # recorded coupons, whose rows it must read, by which was created last.
    ("ix_coupons_unredeemed", "coupons", ("asset_id", "redeemed_at"), _IS_UNREDEEMED),
)


def upgrade() -> None:
    op.add_column("assets", sa.Column("last_attempt_id", sa.Integer(), nullable=True))
    op.add_column("assets", sa.Column("last_cause", sa.String(length=60), nullable=True))
    op.add_column("assets", sa.Column("waits_since", UTCDateTime(), nullable=True))
    for name, table, *_ in OLD:
        op.drop_index(name, table)
    op.execute(COPY + WAITS.format(row="assets"))
    for name, when, table, condition, rows in TRIGGERS:
        create_trigger(name, f"AFTER {when} ON {table} FOR EACH ROW WHEN ({condition})", COPY + rows)
    create_indexes(NEW)


def downgrade() -> None:
    for name, _, table, *_ in TRIGGERS:
        drop_trigger(name, table)
    for name, table, *_ in NEW:
        op.drop_index(name, table)
    for column in _COPIES:
        op.drop_column("assets", column)
    create_indexes(OLD)


def create_indexes(indexes: tuple) -> None:
    for name, table, columns, rows in indexes:
        which = {"sqlite_where": sa.text(rows), "postgresql_where": sa.text(rows)}
        op.create_index(name, table, list(columns), unique=columns == ("asset_id",), **which)


def create_trigger(name: str, when: str, statement: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {name} {when} BEGIN {statement}; END")
        return
    body = f"BEGIN {statement}; RETURN NULL; END"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")


def drop_trigger(name: str, table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {name}")
        return
    op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(f"DROP FUNCTION {name}()")
