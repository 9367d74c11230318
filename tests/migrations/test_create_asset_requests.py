"""0052 on a database that is in use: what was asked and waits becomes an open request, and nothing else changes."""

from sqlalchemy import inspect

from portal.core import audit, clock
from portal.extensions import db
from portal.models import Asset
from tests.migrations import steps

NAME = "0052_create_asset_requests"


def test_what_waits_becomes_an_open_request_of_who_asked_last(world, app):
    with app.app_context():
        waits, unknown, _quiet = (world.asset("failed") for _ in range(3))
        with world.transaction():
            for asset in (waits, unknown):
                db.session.get(Asset, asset.id).asked_at = clock.now()
            for by in (world.carl, world.paula):
                audit.record("asset", waits.id, "ask", by=by)
        steps.down_below(NAME)
        assert "asset_requests" not in inspect(db.engine).get_table_names()
        before = steps.rows("assets")

        steps.up_to(NAME)
        (row,) = steps.rows("asset_requests")
        assert (row["asset_id"], row["asked_by_id"], row["account_id"], row["state"], row["words"]) == (
            waits.id, world.paula.id, world.partner.id, "open", "",
        )  # fmt: skip
        assert row["asked_at"] == next(each["asked_at"] for each in before if each["id"] == waits.id)
        assert steps.rows("assets") == before

        steps.down_below(NAME)
        assert steps.rows("assets") == before
