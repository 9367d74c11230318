"""Asking about an asset that failed: one request, its words, and the answer, for nobody else."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import AssetRequest, Role
from portal.services import limits
from tests.asset_requests import request

pytestmark = pytest.mark.sqlite
ASK, ADD = "Ask us to try again", "Add to the request"


def ask(browser, asset, words: str = ""):
    return browser.submit(browser.open("storefront.assets.show", asset_id=asset.id), ASK, words=words)


def asked(world) -> list[AssetRequest]:
    with world.app.app_context():
        return list(db.session.scalars(select(AssetRequest).order_by(AssetRequest.id)))


def test_who_asks_sees_that_it_was_asked_and_the_staff_read_it(world, browse):
    asset = world.asset("failed")
    page = ask(browse("carl"), asset, "We migrate on Monday.\nCan you help?")
    assert page.flash == "We have your request. Nothing was bought."
    assert "We migrate on Monday." in page.text
    assert "by Carl" in page.text

    (row,) = asked(world)
    assert (row.account_id, row.asked_by_id, row.words) == (
        world.customer.id, world.carl.id, "We migrate on Monday.\nCan you help?",
    )  # fmt: skip
    dana = browse("dana")
    for seen in (dana.open("bss.index"), dana.open("bss.assets.show", asset_id=asset.id)):
        assert "We migrate on Monday." in seen.text
        assert f"/bss/queue/requests/{row.id}" in seen.body


def test_asking_twice_adds_words_and_no_row(world, browse):
    asset, carl = world.asset("failed"), browse("carl")
    old = carl.open("storefront.assets.show", asset_id=asset.id)
    ask(carl, asset, "First.")
    assert carl.submit(old, ASK).flash == "We have your request already. Nothing was bought."
    page = carl.submit(carl.open("storefront.assets.show", asset_id=asset.id), ADD, words="Second.")
    assert page.flash == "It is added to your request."
    cora = browse("cora")
    cora.submit(cora.open("storefront.assets.show", asset_id=asset.id), ADD, words="Third.")

    (row,) = asked(world)
    assert row.words == f"First.\n\nSecond.\n\n{world.cora.name}: Third."
    assert row.version == 3


@pytest.mark.parametrize("nick", ["carl", "cora"])
def test_a_form_that_is_pressed_twice_says_it_once(world, browse, nick):
    asset, person = world.asset("failed"), browse(nick)
    old = person.open("storefront.assets.show", asset_id=asset.id)
    ask(browse("carl"), asset, "Words\n\nin two parts.")
    for _press in range(2):
        person.submit(old, ASK, words="Words\n\nin two parts." if nick == "carl" else "Mine.")
    (row,) = asked(world)
    added = "" if nick == "carl" else f"\n\n{world.cora.name}: Mine."
    assert row.words == f"Words\n\nin two parts.{added}"


@pytest.mark.parametrize("words", ["x" * 501, "\x00"])
def test_words_that_cannot_be_kept_are_refused_beside_their_field(world, browse, words):
    page = ask(browse("carl"), world.asset("failed"), words)
    assert page.status == 422
    assert page.errors
    assert asked(world) == []


def test_each_account_asks_for_itself_and_reads_only_its_own(world, browse):
    asset = world.asset("failed")
    ask(browse("carl"), asset, "Our partner is too slow.")
    page = browse("paula").open("storefront.assets.show", asset_id=asset.id)
    assert "too slow" not in page.text
    page = ask(browse("paula"), asset, "They are in a hurry, as always.")
    assert "too slow" not in page.text
    request(world, asset, world.paula, state="answered", answer="At your price, no.", remark="Careful")

    assert len(asked(world)) == 3
    for nick, reads, never in (
        ("carl", "too slow", ("hurry", "At your price", "Careful")),
        ("cora", "too slow", ("hurry", "At your price", "Careful")),
        ("pavel", "At your price, no.", ("too slow", "Careful")),
    ):
        page = browse(nick).open("storefront.assets.show", asset_id=asset.id)
        assert reads in page.text
        assert not any(words in page.body for words in never), nick


def test_a_list_finds_only_what_the_own_account_asked(world, browse):
    """Whether another one did is as little its business as its words."""
    asset = world.asset("failed")
    ask(browse("carl"), asset, "Our partner is too slow.")

    def finds(nick: str) -> bool:
        page = browse(nick).visit("/storefront/billing/assets?asked=1")
        return bool(page.soup.select(f"#asset-{asset.id}"))

    assert finds("carl")
    assert not finds("paula")
    ask(browse("paula"), asset)
    assert finds("paula")
    world.edit(world.customer, parent_id=world.rival.id, branch_id=world.rival.id)
    assert not finds("rita")
    assert browse("dana").visit("/bss/billing/assets?asked=1").soup.select(f"#asset-{asset.id}")


def test_the_reason_for_which_it_was_closed_says_what_to_do(world, browse):
    asset = world.asset("failed")
    request(world, asset, state="closed", closed_because="order again", answer="With 10,000 at most.")
    page = browse("carl").open("storefront.assets.show", asset_id=asset.id)
    assert "Please order it again in the shop." in page.text
    assert "With 10,000 at most." in page.text
    assert "No need to order again" not in page.text
    assert ASK in page.buttons


def test_a_viewer_reads_the_answer_and_cannot_ask(world, browse):
    asset = world.asset("failed")
    request(world, asset, state="answered", answer="The limit is raised.")
    page = browse("cleo").open("storefront.assets.show", asset_id=asset.id)
    assert world.cleo.role is Role.VIEWER
    assert "The limit is raised." in page.text
    assert ASK not in page.buttons


def test_asking_is_limited_for_a_day(world, browse):
    with world.app.app_context():
        limits.check(limits.ASKED, by=world.carl, cost=limits.ASKED.outside.person)
    page = ask(browse("carl"), world.asset("failed"))
    assert page.status == 409
    assert "can ask about at most" in page.text
    assert asked(world) == []
