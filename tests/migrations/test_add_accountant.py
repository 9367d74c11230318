"""0034 on a database that is in use: accountants from then on; down makes viewers of them."""

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from tests.migrations import steps

NAME = "0034_add_accountant"


def _roles() -> dict[int, str]:
    return {row["id"]: row["role"] for row in steps.rows("users")}


def _give_all(role: str) -> None:
    steps.write("UPDATE users SET role = :role", role=role)


def test_down_makes_viewers_of_accountants_and_keeps_all_else(in_use):
    before = {row["id"]: dict(row) for row in steps.rows("users")}
    accountants = {row_id for row_id, row in before.items() if row["role"] == "accountant"}
    assert accountants
    indexes = inspect(db.engine).get_indexes("users")
    steps.down_below(NAME)
    for row in steps.rows("users"):
        lost = {"role": "viewer", "version": before[row["id"]]["version"] + 1} if row["id"] in accountants else {}
        assert dict(row).items() <= (before[row["id"]] | lost).items()
    steps.up_to(NAME)
    assert "accountant" not in _roles().values()
    assert all(each in indexes for each in inspect(db.engine).get_indexes("users"))
    _give_all("accountant")
    assert set(_roles().values()) == {"accountant"}
    steps.up_to("head")
    assert inspect(db.engine).get_indexes("users") == indexes


def test_the_version_before_knows_no_accountant(in_use):
    steps.down_below(NAME)
    with pytest.raises(IntegrityError):
        _give_all("accountant")


def test_no_other_role_is_allowed(in_use):
    with pytest.raises(IntegrityError):
        _give_all("owner")
