"""0026 on accounts in use: down gives a merged account a place again, and up and down keep every row."""

import pytest

from portal.extensions import db
from portal.models import Account
from portal.services.accounts import account_merges
from tests.migrations.steps import down_below, down_to, rows, up_to

THIS = "0026_merge_accounts"


@pytest.fixture
def twin_id(world, app):
    """Of an account that was merged."""
    world.asset("synchronized")
    twin = world.account(parent=world.partner, code="TWIN")
    with app.app_context():
        one, kept = (db.session.get(Account, row.id) for row in (twin, world.customer))
        account_merges.merge(one, kept, versions=(1, 1), why="Entered twice", by="command line")
        db.session.remove()
        yield twin.id


def test_down_and_up_keep_every_row(twin_id):
    down_to(THIS)
    before = {name: rows(name) for name in ("accounts", "assets", "users")}
    down_below(THIS)
    twin = next(row for row in rows("accounts") if row["id"] == twin_id)
    assert "merged_into_id" not in twin
    assert (twin["branch_id"], twin["disabled_at"] is not None) == (twin_id, True)
    up_to(THIS)
    after = {row["id"]: dict(row) for row in rows("accounts")}
    lost = {"merged_into_id": None, "branch_id": twin_id}
    for row in before["accounts"]:
        assert after[row["id"]] == dict(row) | (lost if row["id"] == twin_id else {})
    assert rows("assets") == before["assets"]
    assert rows("users") == before["users"]
