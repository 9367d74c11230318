"""The days on which codes and licences run out stand in the assets, indexed; and links to calendar feeds"""

import runpy
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from flask import current_app

from portal.models.types import UTCDateTime

revision = "0047_add_calendar"
down_revision = "0046_create_messages"

_triggers = runpy.run_path(str(Path(__file__).with_name("0021_copy_last_cause.py")))
create_trigger, drop_trigger = _triggers["create_trigger"], _triggers["drop_trigger"]

FEEDS = "calendar_feeds"
DAYS = ("due_on", "ends_on")
INDEXES = tuple(
    (f"ix_assets_{scope or 'all'}_{day}", tuple(filter(None, (scope, day, more, "quantity"))), f"{day} IS NOT NULL")
    for scope, more in (("", "account_id"), ("branch_id", "account_id"), ("account_id", ""))
    for day in DAYS
)
OF_COUPON = ("asset_id", "standing", "status", "redeemed_at", "redeemed_on")
_OPEN = (
    "lifecycle = 'active' AND {coupon}.redeemed_at IS NULL "
    "AND coalesce({coupon}.status, '') NOT IN ('Redeemed', 'Revoked')"
)
_USED = "lifecycle = 'active' AND coalesce({coupon}.status, '') <> 'Revoked'"
_RECORDED = "FROM coupons WHERE asset_id = assets.id AND standing = 'recorded'"


def upgrade() -> None:
    op.add_column("coupons", sa.Column("redeemed_on", sa.Date(), nullable=True))
    for day in DAYS:
        op.add_column("assets", sa.Column(day, sa.Date(), nullable=True))
    _fill_redeemed_on()
    op.execute(f"{_from_recorded()} WHERE EXISTS (SELECT 1 {_RECORDED})")
    for name, columns, rows in INDEXES:
        op.create_index(name, "assets", list(columns), sqlite_where=sa.text(rows), postgresql_where=sa.text(rows))
    for name, when, table, statement in triggers():
        create_trigger(name, f"AFTER {when} ON {table} FOR EACH ROW", statement)
    op.create_table(
        FEEDS,
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("fetched_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{FEEDS}_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f(f"pk_{FEEDS}")),
        sa.UniqueConstraint("token_hash", name=op.f(f"uq_{FEEDS}_token_hash")),
    )


def downgrade() -> None:
    """Feeds stop working."""
    op.drop_table(FEEDS)
    for name, _when, table, _statement in triggers():
        drop_trigger(name, table)
    for name, *_ in INDEXES:
        op.drop_index(name, "assets")
    for day in DAYS:
        op.drop_column("assets", day)
    op.drop_column("coupons", "redeemed_on")


def triggers() -> tuple[tuple[str, str, str, str], ...]:
    """Name, when, table and statement. A coupon that is no longer recorded says nothing about its asset."""
    forget = "UPDATE assets SET due_on = NULL, ends_on = NULL WHERE id = old.asset_id AND old.standing = 'recorded'"
    of_asset = "UPDATE OF lifecycle, redeem_by, validity_days"
    changed = f"UPDATE OF {', '.join(OF_COUPON)}"
    fresh = f"{_set('new')} WHERE id = new.asset_id AND new.standing = 'recorded'"
    moved = f"{forget} AND (new.standing <> 'recorded' OR new.asset_id IS NULL OR new.asset_id <> old.asset_id)"
    return (
        ("copy_days_1", "INSERT", "coupons", fresh),
        ("copy_days_2", changed, "coupons", f"{moved}; {_unlike('new')}"),
        ("copy_days_3", of_asset, "assets", f"{_from_recorded()} WHERE id = new.id"),
    )


def _unlike(coupon: str) -> str:
    """Writes only an asset whose days change."""
    differs = f"(due_on {_differs()} {_due(coupon)} OR ends_on {_differs()} {_ends(coupon)})"
    return f"{_set(coupon)} WHERE id = {coupon}.asset_id AND {coupon}.standing = 'recorded' AND {differs}"


def _set(coupon: str) -> str:
    return f"UPDATE assets SET due_on = {_due(coupon)}, ends_on = {_ends(coupon)}"


def _from_recorded() -> str:
    due, ends = (f"(SELECT {value('coupons')} {_RECORDED})" for value in (_due, _ends))
    return f"UPDATE assets SET due_on = {due}, ends_on = {ends}"


def _due(coupon: str) -> str:
    return f"CASE WHEN {_OPEN.format(coupon=coupon)} THEN redeem_by END"


def _ends(coupon: str) -> str:
    if _is_sqlite():
        last = f"date({coupon}.redeemed_on, '+' || assets.validity_days || ' days')"
    else:
        last = f"{coupon}.redeemed_on + assets.validity_days"
    return f"CASE WHEN {_USED.format(coupon=coupon)} THEN {last} END"


def _fill_redeemed_on() -> None:
    """In the distributor's time zone, of which SQLite knows nothing."""
    connection, zone = op.get_bind(), current_app.config["PORTAL"].time_zone
    if not _is_sqlite():
        day = "CAST(redeemed_at AT TIME ZONE :zone AS date)"
        statement = f"UPDATE coupons SET redeemed_on = {day} WHERE redeemed_at IS NOT NULL"
        connection.execute(sa.text(statement), {"zone": zone.key})
        return

    def day_of(at: str) -> str:
        return datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(zone).date().isoformat()

    connection.connection.dbapi_connection.create_function("portal_day_of", 1, day_of)
    op.execute("UPDATE coupons SET redeemed_on = portal_day_of(redeemed_at) WHERE redeemed_at IS NOT NULL")


def _differs() -> str:
    return "IS NOT" if _is_sqlite() else "IS DISTINCT FROM"


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
