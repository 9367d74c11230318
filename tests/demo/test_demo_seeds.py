"""The demo tells one story for a seed, whenever it is loaded."""

from datetime import timedelta

import pytest

from portal import demo
from portal.extensions import db
from portal.models import Asset, AuditEntry
from tests.apps import opened
from tests.demo.conftest import ASSETS, NOW
from tests.dump import difference, dump
from tests.settings import make_settings

pytestmark = pytest.mark.sqlite  # the story is told before a database hears it: once is enough


def test_the_same_seed_tells_the_same_story(loaded, databases, tmp_path):
    first = dump(loaded)

    with opened(make_settings(databases.create(), tmp_path)) as app:
        with app.app_context():
            demo.load(assets=ASSETS, seed=1, now=NOW)
        second = dump(app)
    with opened(make_settings(databases.create(), tmp_path)) as app:
        with app.app_context():
            demo.load(assets=ASSETS, seed=2, now=NOW)
        third = dump(app)

    assert not [line for line in difference(first, second) if not line.startswith("users")]
    assert first["assets"] != third["assets"]


def test_at_another_hour_of_the_day_only_what_is_under_way_differs(databases, tmp_path):
    midnight = NOW.replace(hour=0, minute=0, second=0)
    stories = []
    for hour in (1, 23):
        with opened(make_settings(databases.create(), tmp_path)) as app, app.app_context():
            demo.load(assets=ASSETS, seed=1, now=midnight + timedelta(hours=hour))
            stories.append(list(db.session.scalars(db.select(Asset).order_by(Asset.id))))
            latest = db.session.scalar(db.select(db.func.max(AuditEntry.at)))
            assert latest <= midnight + timedelta(hours=hour, seconds=2)

    early, late = stories
    for one, other in zip(early, late, strict=True):
        assert (one.id, one.name, one.reference, one.account_id, one.quantity) == (
            other.id, other.name, other.reference, other.account_id, other.quantity,
        )  # fmt: skip
    moved = [one.id for one, other in zip(early, late, strict=True) if one.created_at != other.created_at]
    assert moved == [asset.id for asset in early[-len(moved) :]], "the newest"
    assert 0 < len(moved) <= 12
