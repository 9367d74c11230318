"""The story of an asset: all that happened to it, each once, newest first, on every page."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core import audit
from portal.core.paging import PAGE, Place
from portal.extensions import db
from portal.models import (
    Asset,
    Attempt,
    AuditEntry,
    CheckCause,
    CheckResult,
    Exchange,
    FindingKind,
    StatusCheck,
)
from portal.services.audit_log import asset_story
from portal.services.audit_log.asset_story import Part
from tests import reconciliations

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.fixture
def asset(world, app):
    """Entries and answers of the same instants and with the same ids; another asset has as many."""
    asset, other = world.asset("synchronized", attempts=3), world.asset("synchronized", attempts=3)
    with app.app_context(), world.transaction():
        for each in (other, asset):
            for number in range(70):
                at = NOON + timedelta(minutes=number // 3)
                audit.record("asset", each.id, "edit", by=world.dana, at=at, field="note")
                db.session.add(
                    StatusCheck(
                        asset_id=each.id, at=at, cause=CheckCause.ROLLING, actor="worker", result=CheckResult.ACTIVE,
                        milliseconds=1,
                    )
                )  # fmt: skip
    return asset


def pages(asset: Asset, part: Part | None, *, backwards: bool = False) -> list[int]:
    found, place = [], Place(is_last=backwards)
    while True:
        shown = asset_story.page(asset, part, place)
        ids = [event.id for (event,) in shown.rows]
        assert len(ids) <= PAGE
        found = [*ids, *found] if backwards else [*found, *ids]
        cursor = shown.before if backwards else shown.after
        if cursor is None:
            return found
        place = Place(before=cursor) if backwards else Place(after=cursor)


def expected(asset: Asset) -> list[tuple[datetime, int]]:
    of_asset = (AuditEntry.subject == "asset") & (AuditEntry.subject_id == asset.id)
    of_order = (AuditEntry.subject == "order") & (AuditEntry.subject_id == asset.order_id)
    sources = (
        select(AuditEntry.at, AuditEntry.id).where(of_asset | of_order),
        select(Attempt.requested_at, Attempt.id).where(Attempt.asset_id == asset.id),
        select(Exchange.at, Exchange.id).join(Attempt).where(Attempt.asset_id == asset.id),
        select(StatusCheck.at, StatusCheck.id).where(StatusCheck.asset_id == asset.id),
    )
    found = [(at, 5 * id_ + place) for place, rows in enumerate(sources) for at, id_ in db.session.execute(rows)]
    return sorted(found, reverse=True)


def test_everything_comes_once_on_every_page(app, asset):
    with app.app_context():
        ids = [key for _at, key in expected(asset)]
        assert len(ids) > 2 * PAGE
        assert pages(asset, None) == ids
        assert pages(asset, None, backwards=True) == ids
        each = [pages(asset, part) for part in Part]
        assert sorted(key for part in each for key in part) == sorted(ids)
        assert len(each[list(Part).index(Part.ANSWERS)]) == 70


def test_what_comparisons_find_again_is_told_once(app, world):
    asset = world.asset("synchronized")
    for mark in ("a", "a", "b"):
        run = reconciliations.run(world)
        finding = reconciliations.finding(world, run, FindingKind.NOT_LISTED, asset, shown=None)
        world.edit(finding, fingerprint=mark)
    with app.app_context():
        found = [event.finding.fingerprint for (event,) in asset_story.page(asset, Part.ANSWERS, Place()).rows]
    assert found == ["b", "a"]
