"""0056 on a database that is in use: nothing is known of earlier retries, and all else of them stays."""

from portal.services import bulk_retries
from tests.migrations import steps

NAME = "0056_add_credits_seen"


def test_earlier_retries_have_seen_no_credit_note(world, app):
    assets = world.assets(2, "failed")
    with app.app_context():
        bulk_retries.prepare_picked([asset.id for asset in assets], by=world.dana)
        before = [dict(row) for row in steps.rows("retry_items")]
        assert [row["credits_seen"] for row in before] == [0, 0]
        steps.down_below(NAME)
        older = [dict(row) for row in steps.rows("retry_items")]
        assert older == [{name: value for name, value in row.items() if name != "credits_seen"} for row in before]
        steps.up_to(NAME)
        assert [dict(row) for row in steps.rows("retry_items")] == before
