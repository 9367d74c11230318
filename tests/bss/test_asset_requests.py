"""Work queue > Requests: the staff answer, try again in the same step, or close for a reason."""

import csv
import io

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import AssetRequestState, AuditEntry, Message, RequestEnd, SyncStatus
from tests.asset_requests import request
from tests.saved import now

pytestmark = pytest.mark.sqlite
ANSWER, RETRY, CLOSE = "Answer", "Answer and synchronize again", "Close the request"


def opened(browser, row):
    return browser.open("bss.asset_requests.show", asset_request_id=row.id)


def mails(world) -> list[Message]:
    with world.app.app_context():
        return list(db.session.scalars(select(Message).order_by(Message.id)))


def test_an_answer_is_shown_recorded_and_mailed_to_who_asked(world, browse):
    row, dana = request(world), browse("dana")
    page = dana.submit(opened(dana, row), ANSWER, words="The limit is raised.", remark="Called Müller")
    assert page.flash == "Answered."

    row = world.reload(row)
    assert (row.state, row.answer, row.settled_by_id) == (
        AssetRequestState.ANSWERED, "The limit is raised.", world.dana.id,
    )  # fmt: skip
    (mail,) = mails(world)
    assert (mail.event, mail.recipient, mail.asset_id) == ("request-answered", world.carl.email, row.asset_id)
    assert "The limit is raised." in mail.text
    assert "Müller" not in mail.text
    with world.app.app_context():
        (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "answer request"))
    assert (entry.subject, entry.subject_id, entry.actor) == ("asset", row.asset_id, world.dana.name)
    assert "Request answered" in dana.open("bss.assets.story", asset_id=row.asset_id).text
    assert "waits for an answer" not in dana.open("bss.assets.show", asset_id=row.asset_id).text
    assert "who wait for an answer" not in dana.open("bss.index").text


def test_answering_and_trying_again_is_one_step_and_buys_once(world, browse, work, sandbox):
    row, dana = request(world), browse("dana")
    old = opened(dana, row)
    page = dana.submit(old, RETRY, words="We try again.")
    assert page.flash == "Answered. BitTitan is being asked for the coupon."
    late = dana.submit(old, RETRY, words="We try again.")
    assert late.status == 409
    work.drain()

    assert world.find(type(row), row.id).state is AssetRequestState.ANSWERED
    assert len(sandbox.control.coupons()) == 1
    assert [mail.event for mail in mails(world)].count("request-answered") == 1


def test_a_request_that_changed_meanwhile_is_neither_answered_nor_tried(world, browse):
    row, dana, carl = request(world), browse("dana"), browse("carl")
    old = opened(dana, row)
    carl.submit(carl.open("storefront.assets.show", asset_id=row.asset_id), "Add to the request", words="It is solved.")
    page = dana.submit(old, RETRY, words="We try again.")
    assert page.status == 409
    assert "It is solved." in page.text
    assert "We try again." in page.text
    asset = world.find(type(world.asset()), row.asset_id)
    assert (world.reload(row).state, asset.sync_status) == (AssetRequestState.OPEN, SyncStatus.FAILED)
    assert mails(world) == []


@pytest.mark.parametrize(
    ("typed", "because"),
    [
        ({"because": ""}, None),
        ({"because": "other"}, None),
        ({"because": "cancelled"}, None),
        ({"because": "other", "words": "The promotion ended."}, RequestEnd.OTHER),
        ({"because": "order again"}, RequestEnd.ORDER_AGAIN),
    ],
)
def test_closing_needs_a_reason_that_the_person_can_act_on(world, browse, typed, because):
    row, dana = request(world), browse("dana")
    page = dana.submit(opened(dana, row), CLOSE, **typed)
    row = world.reload(row)
    assert row.closed_because == because
    if because is None:
        assert page.status == 422
        assert row.is_open
        return
    (mail,) = mails(world)
    assert mail.event == "request-closed"
    assert typed.get("words", "Please order it again in the shop.") in mail.text


@pytest.mark.parametrize("button", [ANSWER, RETRY])
def test_no_code_goes_out_in_an_answer(world, browse, button):
    code = "SBX-SECR-ET12-3456"
    world.asset("synchronized", code=code)
    row, dana = request(world), browse("dana")
    page = dana.submit(opened(dana, row), button, words=f"Use {code.lower()}, then.")
    assert page.status == 422
    assert "holds a coupon code" in page.text
    assert world.reload(row).is_open
    assert mails(world) == []


def test_what_asks_first_is_not_tried_from_here(world, browse):
    """An imported asset may have been bought before."""
    asset = world.asset("failed", imported_at=now(), attempts=0)
    row, dana = request(world, asset), browse("dana")
    page = opened(dana, row)
    assert RETRY not in page.buttons
    refused = dana.submit(page, to="/answers", words="We try again.", forge={"act": "retry"})
    assert refused.status == 409
    assert world.reload(row).is_open


def test_nothing_happens_on_a_return_in_a_field(world, browse):
    row, dana = request(world), browse("dana")
    dana.submit(opened(dana, row), to="/answers", words="Not yet", forge={"act": "check"})
    assert world.reload(row).is_open


@pytest.mark.parametrize(
    "query", [{"state": "open"}, {"q": "AS-own"}, {"q": "monday"}, {"q": "BRIGHTWOOD"}, {"asset": "own"}]
)
def test_filters_and_search_narrow_the_list_and_its_file(world, browse, query):
    row = request(world)
    request(world, world.asset("failed", account=world.rival_customer), world.rita, state="answered", words="=1+1")
    query = {name: text.replace("own", str(row.asset_id)) for name, text in query.items()}
    dana = browse("dana")
    page = dana.open("bss.asset_requests.index", **query)
    assert [each["id"] for each in page.soup.select("tbody tr")] == [f"request-{row.id}"]

    file = dana.raw("GET", dana.url("bss.asset_requests.index", format="csv", **query)).get_data(as_text=True)
    lines = list(csv.reader(io.StringIO(file.removeprefix("\ufeff"))))
    assert [line[0] for line in lines[1:]] == [f"AS-{row.asset_id}"]


def test_strange_filters_are_left_out_and_an_empty_list_says_so(world, browse):
    dana = browse("dana")
    assert "Nobody has asked yet" in dana.open("bss.asset_requests.index").text
    request(world)
    page = dana.open("bss.asset_requests.index", state="x", asset="y", after="1,x")
    assert len(page.soup.select("tbody tr")) == 1


def test_what_was_asked_has_one_name_for_the_staff(world, browse):
    """The Storefront says “try again”: its readers synchronize nothing."""
    name, dana = "Asked to synchronize again", browse("dana")
    request(world)
    assert dana.open("bss.index").text.count(name) == 1
    assert dana.open("bss.assets.index").text.count(name) == 2  # beside the asset, and among the filters
    assert "Retry requested" not in dana.open("bss.assets.index").text
