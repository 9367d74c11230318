"""0030 with a list that another one has cut: it never gets longer than it is."""

from datetime import date

from tests.migrations.steps import down_below, rows, up_to
from tests.saved import now

REVISION = "0030_keep_whole_records"


def test_down_and_up_keep_every_list(world, app):
    ends = date(2026, 12, 31)
    first = world.price_list(valid_until=ends, used_at=now())
    world.price_list(follows_id=first.id, used_at=now())
    world.price_list(follows_id=first.id)
    with app.app_context():
        before = rows("price_lists")
        down_below(REVISION)
        assert "followed_until" not in rows("price_lists")[0]
        up_to(REVISION)
        after = rows("price_lists")
    assert [row["followed_until"] for row in after] == [None, ends, None]
    assert [dict(row) | {"followed_until": None} for row in after] == [dict(row) for row in before]
