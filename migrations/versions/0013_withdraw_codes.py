"""A code that was recorded unverified may be withdrawn; a verified one stays, whoever asks"""

import sqlalchemy as sa
from alembic import op

revision = "0013_withdraw_codes"
down_revision = "0011_add_freeze"

BEFORE = ("recorded", "review", "surplus")
AFTER = (*BEFORE, "withdrawn")
STAYS = "guard_coupons_5"
OLD = "old.standing = 'recorded' AND (new.standing <> 'recorded' OR new.asset_id <> old.asset_id)"
NEW = (
    "old.standing = 'recorded' AND (new.asset_id <> old.asset_id OR (new.standing <> 'recorded' "
    "AND NOT (new.standing = 'withdrawn' AND NOT old.is_verified AND NOT new.is_verified)))"
)
MESSAGE = "a recorded code stays with its asset"
LEAVE = "search_codes_leave"


def upgrade() -> None:
    _allow(AFTER)
    _guard(NEW)
    if _is_sqlite():
        op.execute(_leave())


def downgrade() -> None:
    # Nobody's any more, but never dropped: what cannot be said there is said as surplus.
    op.execute("UPDATE coupons SET standing = 'surplus' WHERE standing = 'withdrawn'")
    if _is_sqlite():
        op.execute(f"DROP TRIGGER {LEAVE}")
    _guard(OLD)
    _allow(BEFORE)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _allow(standings: tuple[str, ...]) -> None:
    if not _is_sqlite():
        words = ", ".join(f"'{each}'" for each in standings)
        op.execute("ALTER TABLE coupons DROP CONSTRAINT ck_coupons_couponstanding")
        op.execute(f"ALTER TABLE coupons ADD CONSTRAINT ck_coupons_couponstanding CHECK (standing IN ({words}))")
        return
    # SQLite builds the table anew. Its triggers go with it, and one of another table that names it stands in the way.
    about = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%coupons%'"
    triggers = op.get_bind().exec_driver_sql(about).all()
    for name, _sql in triggers:
        op.execute(f"DROP TRIGGER {name}")
    with op.batch_alter_table("coupons") as batch:
        batch.alter_column("standing", existing_type=_word(AFTER), type_=_word(standings), existing_nullable=False)
    for _name, sql in triggers:
        op.get_bind().exec_driver_sql(sql)


def _word(standings: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*standings, name="couponstanding", native_enum=False, create_constraint=True, length=20)


def _guard(condition: str) -> None:
    if _is_sqlite():
        op.execute(f"DROP TRIGGER {STAYS}")
        op.execute(
            f"CREATE TRIGGER {STAYS} BEFORE UPDATE ON coupons FOR EACH ROW WHEN ({condition}) "
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )
    else:
        op.execute(f"DROP TRIGGER {STAYS} ON coupons")
        op.execute(
            f"CREATE TRIGGER {STAYS} BEFORE UPDATE ON coupons FOR EACH ROW WHEN ({condition}) "
            f"EXECUTE FUNCTION {STAYS}()"
        )


def _leave() -> str:
    """Who looks for the code does not find the asset by it any more: left by the words that it was entered with."""
    scope = ", ".join(
        f"char(131072 + assets.{column} % 65536, 131072 + assets.{column} / 65536, 46)"
        for column in ("branch_id", "account_id")
    )
    return (
        f"CREATE TRIGGER {LEAVE} AFTER UPDATE OF standing ON coupons "
        "WHEN old.standing = 'recorded' AND new.standing <> 'recorded' BEGIN "
        "INSERT INTO search_codes (search_codes, rowid, text, branch, account) "
        f"SELECT 'delete', assets.id, lower(old.code), {scope} FROM assets WHERE assets.id = old.asset_id; END"
    )
