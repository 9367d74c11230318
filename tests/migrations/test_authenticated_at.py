"""0015 on a database that is in use: who is signed in stays so, and gave the password when the session began."""

from datetime import UTC, datetime

from sqlalchemy import inspect

from portal.extensions import db
from tests.migrations import steps

REVISION, COLUMN = "0015_add_authenticated_at", "authenticated_at"


def test_up_and_down_keep_every_session(in_use):
    steps.down_below(REVISION)
    table = steps.table("sign_ins")
    assert COLUMN not in table.columns
    at = datetime(2026, 3, 1, tzinfo=UTC)
    moment = at.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else at
    row = {"token_hash": "x", "user_id": 1, "created_at": moment, "seen_at": moment, "expires_at": moment}
    steps.write(table.insert().values(row))
    steps.up_to(REVISION)
    (kept,) = steps.rows("sign_ins")
    assert (kept["token_hash"], kept[COLUMN]) == ("x", kept["created_at"])
    indices = {index["name"] for index in inspect(db.engine).get_indexes("sign_ins")}
    assert {"ix_sign_ins_user_id", "ix_sign_ins_expires_at"} <= indices
    steps.down_below(REVISION)
    (kept,) = steps.rows("sign_ins")
    assert COLUMN not in kept
    assert kept["token_hash"] == "x"
