"""Assets that came from elsewhere: what their pages say, and what is asked before anything is bought for them."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Asset, AuditEntry
from tests.files import apply, asset, bring, failed, written

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough


@pytest.fixture
def old(app, world):
    """OLD-1 came with a code, OLD-2 without."""
    with app.app_context():
        apply(world, bring(world, written([asset(1), failed(2)])))
        found = db.session.scalars(select(Asset).order_by(Asset.external_id)).all()
    return found


def answers(world) -> list[tuple]:
    with world.transaction():
        rows = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "answer"))
        return [(row.actor, row.subject_id, row.field, row.after) for row in rows]


def test_the_page_says_where_it_came_from(browse, old):
    page = browse("dana").open("bss.assets.show", asset_id=old[0].id)
    assert page.facts["Imported as"].startswith("OLD-1")
    assert "BitTitan was not asked whether it fits" in page.text
    assert page.facts["Order"] == "Imported, without an order"
    listed = browse("dana").open("bss.assets.index")
    assert "Imported, not verified with BitTitan" in listed.text
    assert "Imported without a code; nothing was sent for it" in listed.text


def test_in_a_list_they_cost_no_statement_of_their_own(browse, sql, old):
    dana = browse("dana")
    dana.open("bss.assets.index")
    with sql() as statements:
        assert "Imported, not verified" in dana.open("bss.assets.index").text
    assert len(statements) == 3, "\n\n".join(statements)


@pytest.mark.parametrize("term", ["OLD-1", "old-1", "OLD"])
def test_it_is_found_by_its_old_number(browse, old, term):
    page = browse("dana").visit(f"/bss/billing/assets?q={term}")
    assert any(f"AS-{old[0].id}" in row for row in page.rows)
    assert len(page.rows) == (1 if "1" in term else 2)


def test_its_old_number_is_found_by_those_who_see_it_only(browse, old):
    """The staff: no page of the Storefront shows it."""
    assert len(browse("dana").visit("/bss/billing/assets?q=OLD-1").rows) == 1
    assert browse("paula").visit("/storefront/billing/assets?q=OLD-1").rows == []


def test_the_badge_leads_to_the_question(browse, old, world, work, sandbox):
    dana, there = browse("dana", htmx=True), {"asset_id": old[1].id}
    question = dana.press(dana.open("bss.assets.show", **there), "Synchronize…")
    assert "Bought before?" in question.text
    unanswered = dana.submit(question, "Synchronize", to="/syncs")
    assert (unanswered.status, unanswered.errors) == (422, ["Look first, then tick this. Nothing was sent."])
    assert (answers(world), world.attempts_of(old[1])) == ([], [])
    page = dana.submit(unanswered, "Synchronize", to="/syncs", not_bought=True)
    assert page.badge == "Synchronizing…"
    assert answers(world) == [("Dana Markou", old[1].id, "bought_before", "no")]
    work.drain()
    assert dana.open("bss.assets.show", **there).badge == "Synchronized"


def test_the_row_of_a_list_asks_too(browse, old):
    dana = browse("dana", htmx=True)
    assert "Bought before?" in dana.press(dana.open("bss.assets.index"), "Retry…").text


def test_a_press_from_an_older_page_sends_nothing(browse, old, world):
    for htmx in (False, True):
        headers = {"HX-Request": "true"} if htmx else {}
        dana = browse("dana")
        data = {"csrf_token": dana.token(), "version": "1"}
        answer = dana.raw("POST", f"/bss/billing/assets/{old[1].id}/syncs", data=data, headers=headers)
        assert answer.status_code == (409 if htmx else 422)
    assert world.attempts_of(old[1]) == []


@pytest.mark.parametrize("htmx", [False, True])
def test_saving_asks_too(browse, old, world, htmx):
    dana, there = browse("dana", htmx=htmx), {"asset_id": old[1].id}
    form = dana.open("bss.assets.edit", **there)
    refused = dana.submit(form, "Save and synchronize", name="Renamed")
    assert (refused.status, refused.errors) == (422, ["Look first, then tick this. Nothing was sent."])
    assert refused.value("name") == "Renamed"
    assert world.attempts_of(old[1]) == []
    page = dana.submit(refused, "Save and synchronize", not_bought=True)
    assert page.badge == "Synchronizing…"
    assert answers(world) == [("Dana Markou", old[1].id, "bought_before", "no")]


def test_it_asks_once(browse, old, world):
    """After the first attempt it is an asset like any other."""
    world.edit(old[1], attempts_made=1)
    page = browse("dana").open("bss.assets.edit", asset_id=old[1].id)
    assert page.soup.select("[name=not_bought]") == []


def test_any_other_asset_is_not_asked(browse, world):
    dana = browse("dana")
    page = dana.press(dana.open("bss.assets.show", asset_id=world.asset().id), "Synchronize again")
    assert page.badge == "Synchronizing…"
