"""The review page: what is known, and both ways to end it on one page."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.models import Coupon, CouponStanding

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def kept(world):
    """In review, with a coupon that holds another number of licences than was asked for."""
    asset = world.asset("review", attempt={"cause": "NotAsAsked"})
    world.surplus(asset, standing=CouponStanding.REVIEW, quantity=24, why="not as asked")
    return asset


def issue(sandbox, world, asset, code: str, **fields) -> None:
    organization_id = world.partner.organization_id
    coupon = {"Code": code, "OrganizationId": organization_id, "Quantity": asset.quantity}
    sandbox.control.put_coupons([coupon | {"ExternalReference": asset.reference} | fields])


def test_it_is_reached_from_the_badge_the_list_and_the_queue(world, dana):
    asset = world.asset("review")
    here = dana.url("bss.assets.review", asset_id=asset.id)
    for endpoint in ("bss.assets.index", "bss.index"):
        assert here in dana.open(endpoint).links.values()
    badge = dana.open("bss.assets.show", asset_id=asset.id).one(".page-head a.badge")
    assert badge["href"] == here


def test_it_shows_what_was_sent_and_answered(world, dana):
    page = dana.open("bss.assets.review", asset_id=world.asset("review").id)
    assert page.facts["Sent"] == "1 time"
    assert page.facts["Quarantine"].startswith("over")
    assert page.facts["Looked up"] == "Never"
    assert "No certain answer" in page.rows[0]


def test_it_shows_how_a_coupon_differs_from_what_was_asked(world, dana, kept):
    page = dana.open("bss.assets.review", asset_id=kept.id)
    assert "Licences2524" in page.rows
    assert [mark.get_text() for mark in page.soup.select(".diff")] == ["24"]
    assert "Kept for this review" in page.text


@pytest.mark.parametrize("htmx", [False, True])
def test_a_code_is_checked_and_recorded_on_the_same_page(world, dana, sandbox, htmx):
    dana.htmx = htmx
    asset = world.asset("review")
    issue(sandbox, world, asset, "SBX-FOUND-0001")
    page = dana.open("bss.assets.review", asset_id=asset.id)
    checked = dana.ask(page, "Check the code", code="SBX-FOUND-0001", reason="From BitTitan’s portal")
    assert (checked.status, checked.h1) == (200, "Review")
    assert "The code fits this asset" in checked.text
    done = dana.ask(checked, "Attach the code")
    assert done.badge == "Synchronized"
    assert world.code_of(asset) == "SBX-FOUND-0001"


def test_a_code_that_does_not_fit_is_refused_in_words_and_stays_typed(world, dana, sandbox):
    asset = world.asset("review")
    issue(sandbox, world, asset, "SBX-WRONG-0001", Quantity=24)
    page = dana.open("bss.assets.review", asset_id=asset.id)
    refused = dana.ask(page, "Check the code", code="SBX-WRONG-0001", reason="From BitTitan’s portal")
    assert refused.status == 422
    assert "It holds 24 licences, the asset has 25." in refused.text
    assert refused.value("code") == "SBX-WRONG-0001"
    assert refused.soup.select("form[action$='/attestations']")


@pytest.mark.parametrize(
    ("code", "why"), [("SBX-OTHERS-0001", "Attest first"), ("SBX-NOBODYS-0001", "BitTitan knows no such code")]
)
def test_a_code_of_another_request_says_why_and_is_not_offered(world, dana, sandbox, code, why):
    asset = world.asset("review")
    issue(sandbox, world, asset, "SBX-OTHERS-0001", ExternalReference="somebody-else-entirely-1")
    page = dana.open("bss.assets.review", asset_id=asset.id)
    checked = dana.ask(page, "Check the code", code=code, reason="From BitTitan’s portal")
    assert (checked.status, checked.h1) == (422, "Review")
    assert why in checked.text
    assert checked.value("code") == code
    assert "Attach the code" not in checked.buttons


def test_a_code_is_not_recorded_unseen_while_bittitan_is_silent(world, dana, sandbox):
    page = dana.open("bss.assets.review", asset_id=world.asset("review").id)
    sandbox.control.fault("*", "drop_before", times=None)
    checked = dana.ask(page, "Check the code", code="SBX-ANY-0001", reason="From BitTitan’s portal")
    assert "Check it again when BitTitan answers." in checked.text
    assert "Attach the code" not in checked.buttons


def test_why_a_code_was_found_is_no_attestation_that_nothing_was_bought(world, dana):
    page = dana.open("bss.assets.review", asset_id=world.asset("review").id)
    checked = dana.ask(page, "Check the code", code="SBX NO CODE", reason="From BitTitan’s portal")
    assert [field.get_text(strip=True) for field in checked.soup.select("textarea")] == ["From BitTitan’s portal", ""]
    refused = dana.submit(checked, "Attest that nothing was bought", reason="")
    assert refused.status == 422


@pytest.mark.parametrize(("minutes", "words"), [(-5, "in a moment"), (5, "at ")])
def test_a_time_that_is_over_is_no_promise(world, dana, minutes, words):
    asset = world.asset("unconfirmed")
    world.edit(world.attempts_of(asset)[-1], next_at=datetime.now(UTC) + timedelta(minutes=minutes))
    assert dana.open("bss.assets.review", asset_id=asset.id).facts["Next check"].startswith(words)
    assert f"Next check {words}" in dana.open("bss.assets.index").text


def test_what_is_not_as_asked_leaves_for_the_register(world, dana, kept):
    page = dana.open("bss.assets.review", asset_id=kept.id)
    assert "Attest that nothing was bought" not in page.buttons
    assert "Give a reason; it is recorded." in dana.submit(page, "Move it to the surplus register").errors
    done = dana.submit(page, "Move it to the surplus register", reason="BitTitan made it too small")
    assert done.badge == "Failed"
    assert "surplus register" in done.flash
    assert "BitTitan issued another coupon than was requested" in done.text
    assert "No coupon was issued" not in done.text
    assert dana.press(done, "What BitTitan issued for it").rows
    assert "BitTitan’s coupon is in the surplus register" in dana.open("bss.index").text
    register = dana.open("bss.surplus.index")
    assert len(register.rows) == 1
    assert "Not what was requested" in register.rows[0]
    refused = dana.submit(done, to="/syncs")
    assert refused.status == 409
    assert "surplus register" in refused.text


def test_somebody_who_was_faster_leaves_what_was_typed(world, dana, kept):
    page = dana.open("bss.assets.review", asset_id=kept.id)
    world.edit(kept, version=kept.version + 1)
    refused = dana.submit(page, "Move it to the surplus register", reason="Too small")
    assert refused.status == 409
    assert "Nothing was changed" in refused.text
    again = dana.submit(refused, "Move it to the surplus register")
    assert again.badge == "Failed"


def test_a_quarantine_that_is_not_over_says_until_when(world, dana, app):
    asset = world.asset("review")
    attempt = world.attempts_of(asset)[-1]
    world.edit(attempt, last_sent_at=datetime.now(UTC) + timedelta(minutes=5))
    page = dana.open("bss.assets.review", asset_id=asset.id)
    assert page.facts["Quarantine"].startswith("until")
    assert "Attest that nothing was bought" not in page.buttons
    assert "Check the code" in page.buttons


@pytest.mark.parametrize("status", ["failed", "synchronized", "unconfirmed"])
def test_without_a_review_nothing_can_be_decided(world, dana, status):
    page = dana.open("bss.assets.review", asset_id=world.asset(status).id)
    assert "cannot be done now" in page.text
    assert {"Check the code", "Attest that nothing was bought"}.isdisjoint(page.buttons)


def test_a_viewer_reads_it_and_decides_nothing(world, browse, kept):
    vera = browse("vera")
    page = vera.open("bss.assets.review", asset_id=kept.id)
    assert "Licences2524" in page.rows
    assert page.soup.select("main form") == []


def test_no_page_of_it_holds_a_code(world, dana, kept):
    code = world.find(Coupon, 1).code
    for endpoint, values in (
        ("bss.assets.review", {"asset_id": kept.id}),
        ("bss.surplus.index", {"show": "all"}),
        ("bss.alerts.index", {"show": "all"}),
    ):
        assert code not in dana.open(endpoint, **values).body
