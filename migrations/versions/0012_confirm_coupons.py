"""Codes are confirmed by a look after the purchase, and one that proves false is withdrawn"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UTCDateTime

revision = "0012_confirm_coupons"
down_revision = "0011_add_freeze"

COLUMNS = ("confirmed_at", "confirm_at", "disputed_at")
TO_CONFIRM = sa.text("confirm_at IS NOT NULL")

STANDINGS = ("'recorded', 'review', 'surplus'", "'recorded', 'review', 'surplus', 'withdrawn'")
KINDS = (
    "'advance', 'import', 'retry', 'clearing', 'revoke', 'search', 'tidy'",
    "'advance', 'import', 'retry', 'clearing', 'revoke', 'search', 'tidy', 'confirm'",
)
HAS_AN_ASSET = (
    "asset_id IS NOT NULL OR standing = 'surplus'",
    "asset_id IS NOT NULL OR standing IN ('surplus', 'withdrawn')",
)
# Table, constraint, what it says before and after.
CHECKS = (
    ("coupons", "couponstanding", *(f"standing IN ({words})" for words in STANDINGS)),
    ("coupons", "has_an_asset", *HAS_AN_ASSET),
    ("work_items", "workkind", *(f"kind IN ({words})" for words in KINDS)),
)

GUARD = "guard_coupons_5"
MOVES = "new.standing <> 'recorded' OR new.asset_id IS NULL OR new.asset_id <> old.asset_id"
RECORDED = (
    "old.standing = 'recorded' AND (new.standing <> 'recorded' OR new.asset_id <> old.asset_id)",
    f"old.standing = 'recorded' AND old.confirmed_at IS NOT NULL AND ({MOVES})",
)
MESSAGE = "a recorded code stays with its asset"

# The full-text index of codes on SQLite (0007) is left by the very words that it was entered with.
_OF_THE_ASSET = ", ".join(
    f"(SELECT char(131072 + assets.{column} % 65536, 131072 + assets.{column} / 65536, 46) "
    "FROM assets WHERE id = old.asset_id)"
    for column in ("branch_id", "account_id")
)
LEAVE_SEARCH = (
    "CREATE TRIGGER search_codes_leave AFTER UPDATE OF standing ON coupons "
    "WHEN old.standing = 'recorded' AND new.standing <> 'recorded' BEGIN "
    "INSERT INTO search_codes (search_codes, rowid, text, branch, account) "
    f"SELECT 'delete', old.asset_id, lower(old.code), {_OF_THE_ASSET}; END"
)


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("coupons", sa.Column(name, UTCDateTime(), nullable=True))
    op.create_index(
        "ix_coupons_confirm_at",
        "coupons",
        ["confirm_at", "id"],
        sqlite_where=TO_CONFIRM,
        postgresql_where=TO_CONFIRM,
    )
    for table, name, before, after in CHECKS:
        replace_check(table, name, before, after)
    replace_guard(RECORDED[1])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(LEAVE_SEARCH)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER search_codes_leave")
    op.execute("UPDATE coupons SET standing = 'surplus' WHERE standing = 'withdrawn'")
    op.execute("DELETE FROM work_items WHERE kind = 'confirm'")
    replace_guard(RECORDED[0])
    for table, name, before, after in reversed(CHECKS):
        replace_check(table, name, after, before)
    op.drop_index("ix_coupons_confirm_at", "coupons")
    for name in reversed(COLUMNS):
        op.drop_column("coupons", name)


def replace_check(table: str, name: str, before: str, after: str) -> None:
    """On SQLite in the schema's text, as its documentation describes for constraints (lang_altertable.html): making the
    table anew would take its triggers along, and minutes where it is large."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, after)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    change = "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ? AND instr(sql, ?)"
    changed = connection.exec_driver_sql(change, (before, after, table, before)).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
    if changed != 1:
        raise RuntimeError(f"the constraint {name} of {table} is not what it was")


def replace_guard(condition: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {GUARD}")
        op.execute(
            f"CREATE TRIGGER {GUARD} BEFORE UPDATE ON coupons FOR EACH ROW WHEN ({condition}) "
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )
        return
    op.execute(f"DROP TRIGGER {GUARD} ON coupons")
    op.execute(
        f"CREATE TRIGGER {GUARD} BEFORE UPDATE ON coupons FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {GUARD}()"
    )
