"""Leaving packs on the screen: ordered on the page of the account, watched, downloaded, deleted."""

import io
import zipfile

import pytest

from portal.models import LeavingPack
from tests.handovers import pack

pytestmark = pytest.mark.sqlite  # services/leaving_packs runs on both


def test_from_the_account_to_the_file(world, browse, work):
    world.asset("synchronized", code="TEST-OWN-1")
    browser = browse("dana")
    account = browser.open("accounts.show", account_id=world.partner.id)
    form = browser.visit(account.soup.find("a", string="Leaving pack…")["href"])
    page = browser.submit(form, "Order the pack", reason="They leave us")
    assert "Waits for a worker" in page.text
    work.drain()
    page = browser.visit(page.url)
    assert "They leave us" in page.text
    token = {"csrf_token": browser.token()}
    address = next(form["action"] for form in page.forms if form["action"].endswith("/downloads"))
    answer = browser.raw("POST", address, data=token)
    assert answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="NORTH-LP-1.zip"'
    content = answer.get_data()
    assert len(content) == answer.content_length
    assert "assets.csv" in zipfile.ZipFile(io.BytesIO(content)).namelist()
    page = browser.submit(page, to="/deletions")
    assert "The pack is deleted." in page.text
    assert browser.raw("POST", address, data=token).status_code == 409
    assert "Leaving pack downloaded" in browser.open("accounts.changes", account_id=world.partner.id).text


def test_a_form_without_its_button_orders_nothing(app, world, browse):
    browser = browse("dana")
    form = browser.open("bss.leaving_packs.index", account_id=world.partner.id)
    assert "No packs yet" in browser.submit(form, to="/leaving-packs", reason="Just a look").text
    page = browser.submit(form, "Order the pack", reason=" ")
    assert page.status == 422
    assert "Say why it is made." in page.text
    assert world.find(LeavingPack, 1) is None


def test_pressed_twice_it_is_one_pack(world, browse):
    browser = browse("dana")
    form = browser.open("bss.leaving_packs.index", account_id=world.partner.id)
    pages = [browser.submit(form, "Order the pack", reason="They leave us") for _ in range(2)]
    assert pages[0].url == pages[1].url
    assert world.find(LeavingPack, 2) is None


def test_another_operator_may_look_but_not_take_it(world, browse):
    made = pack(world, world.partner, by=world.dora)
    page = browse("dana").open("bss.leaving_packs.show", pack_id=made.id)
    assert "Only Dora Lind and administrators may download it." in page.text
    assert [form["action"] for form in page.forms if "/leaving-packs/" in form["action"]] == []
    browser = browse("dana")
    answer = browser.raw("POST", f"/bss/leaving-packs/{made.id}/downloads", data={"csrf_token": browser.token()})
    assert answer.status_code == 403


@pytest.mark.parametrize("nick", ["paula", "vera"])
def test_nobody_else_is_offered_one(world, browse, nick):
    page = browse(nick).open("accounts.show", account_id=world.customer.id)
    assert "Leaving pack" not in page.text


def test_the_distributor_has_none(world, browse):
    assert browse("dora").open("bss.leaving_packs.index", account_id=world.distributor.id).status == 404
