"""0012 on a database that is in use: rows, indexes and triggers stay, up and down."""

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from portal.extensions import db
from tests.settings import ROOT

BEFORE, AFTER = "0011_add_freeze", "0012_confirm_coupons"
KEPT = "id, code, bittitan_id, asset_id, standing, why, reference, quantity, is_verified, recorded_at, moved_from_id"
NEW_INDEX = "ix_coupons_confirm_at"
FOLDER = str(ROOT / "migrations")


@pytest.fixture
def codes(world, app):
    """A verified code, and one that is not."""
    verified, typed = world.asset("synchronized", code="VERIFIED-01"), world.asset("synchronized", code="TYPED-0001")
    with app.app_context():
        downgrade(directory=FOLDER, revision=AFTER)
        _write(f"UPDATE coupons SET is_verified = false, confirmed_at = NULL WHERE asset_id = {typed.id}")
        yield verified.id, typed.id


def _write(statement: str) -> None:
    with db.engine.connect().execution_options(portal_writes=True) as connection:
        connection.execute(text(statement))
        connection.commit()


def _rows() -> list[tuple]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT {KEPT} FROM coupons ORDER BY id"))]


def _kept() -> tuple[set[str], set[str]]:
    """Names of indexes and of triggers."""
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with db.engine.connect() as connection:
        triggers = set(connection.scalars(text(query[connection.dialect.name])))
    return {index["name"] for index in inspect(db.engine).get_indexes("coupons")}, triggers


def test_it_goes_down_and_up_and_loses_nothing(codes):
    rows, (indexes, triggers) = _rows(), _kept()
    downgrade(directory=FOLDER, revision=BEFORE)
    assert (_rows(), _kept()[0]) == (rows, indexes - {NEW_INDEX})
    assert triggers - _kept()[1] <= {"search_codes_leave"}
    upgrade(directory=FOLDER, revision=AFTER)
    assert (_rows(), _kept()) == (rows, (indexes, triggers))


def test_a_withdrawn_code_is_surplus_for_a_portal_that_knows_no_such_word(codes):
    verified, typed = codes
    with pytest.raises(DBAPIError, match="stays with its asset"):
        _write(f"UPDATE coupons SET standing = 'withdrawn' WHERE asset_id = {verified}")
    _write(f"UPDATE coupons SET standing = 'withdrawn' WHERE asset_id = {typed}")
    downgrade(directory=FOLDER, revision=BEFORE)
    with db.engine.connect() as connection:
        standings = dict(connection.execute(text("SELECT asset_id, standing FROM coupons")).all())
    assert standings == {verified: "recorded", typed: "surplus"}
    with pytest.raises(DBAPIError):
        _write(f"UPDATE coupons SET standing = 'withdrawn' WHERE asset_id = {typed}")
