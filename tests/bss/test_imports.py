"""Tools > Imports, as people use it."""

import pytest

from portal.models import Asset, AuditEntry, Import
from portal.services import imports
from tests.files import account, asset, failed, form_with, written
from tests.page import Page

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough


@pytest.fixture
def upload(browse):
    """`upload(dana, content)`: with the form of the page, as a browser without scripts sends it."""

    def send(browser, content: bytes, name: str = "old.csv") -> Page:
        form = browser.open("bss.imports.index").one("form[enctype='multipart/form-data']")
        token = form.select_one("[name=csrf_token]")["value"]
        answer = browser.raw("POST", form["action"], **form_with(content, name, csrf_token=token))
        page = Page(answer, url=form["action"], method="POST")
        return browser.visit(answer.headers["Location"]) if answer.status_code == 303 else page

    return send


def test_upload_preview_apply_receipt(browse, upload, world):
    dana = browse("dana")
    preview = upload(dana, written([asset(1), failed(2), asset(3, Quantity="ten")]))
    assert preview.h1 == "old.csv"
    assert preview.facts["New"] == "2"
    assert any("“ten” is no whole number" in row for row in preview.rows)
    assert world.find(Asset, 1) is None
    receipt = dana.press(preview, "Take the 2 good rows")
    assert receipt.facts["Taken"].startswith("2by Dana Markou")
    assert "Take the 2 good rows" not in receipt.buttons
    assert world.find(Asset, 1).external_id == "OLD-1"


def test_a_press_on_an_old_page_applies_nothing_twice(browse, upload, world):
    dana, dora = browse("dana"), browse("dora")
    preview = upload(dana, written([account()]))
    other = dora.visit(preview.url)
    dana.press(preview, "Take 1 row")
    second = dora.press(other, "Take 1 row")
    assert (second.status, second.flash) == (409, "This file has been applied already; nothing was done twice.")
    assert second.facts["Taken"].startswith("1")


def test_what_became_faulty_meanwhile_is_shown_instead(browse, upload, world):
    dana = browse("dana")
    preview = upload(dana, written([asset(1), asset(2)]))
    world.asset("synchronized", code="OLDCODE0000000002")
    page = dana.press(preview, "Take 2 rows")
    assert "nothing was changed" in page.text
    assert page.facts["Cannot be taken"] == "1"
    assert dana.press(page, "Take the 1 good row").facts["Taken"].startswith("1")


def test_the_rejects_file_is_handed_out_on_record(browse, upload, world):
    dana = browse("dana")
    preview = upload(dana, written([asset(1), asset(2, Quantity="ten")]), "our list.csv")
    answer = dana.press(preview, "Rejects file")
    assert answer.response.mimetype == "text/csv"
    assert "our list-rejects-" in answer.headers["Content-Disposition"]
    assert "OLDCODE0000000002" in answer.body
    assert "OLDCODE0000000001" not in answer.body
    assert world.find(AuditEntry, 1).act == "rejects"


def test_no_page_shows_a_code(browse, upload, world):
    dana = browse("dana")
    rows = [asset(1), asset(2, Coupon="OLDCODE0000000001"), asset(3, Status="Failed"), asset(4, Coupon="OLD CODE 7777")]
    preview = upload(dana, written(rows))
    assert preview.facts["Cannot be taken"] == "4"
    for page in (preview, dana.open("bss.imports.index")):
        assert "OLDCODE" not in page.body
        assert "7777" not in page.body


def test_long_lists_of_faulty_rows_have_pages(browse, upload, world):
    dana = browse("dana")
    page = upload(dana, written([asset(number, Quantity="ten") for number in range(120)]))
    seen = list(page.rows)
    while "Next" in page.links:
        page = dana.press(page, "Next")
        seen += page.rows
    assert len(seen) == 120
    assert seen[-1].startswith("121")


def test_rows_that_differ_are_a_list_of_their_own(browse, upload, world):
    dana = browse("dana")
    page = upload(dana, written([account("BRIGHT", Name="Dark"), account("X-1", Currency="?")]))
    assert "“?” is no currency" in page.text
    page = dana.press(page, "Differ")
    assert "“Brightwood Dental” in the portal" in page.text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "The file is empty."), (b"PK\x03\x04", "save the sheet"), (b"a,b\n", "has to name the columns")],
)
def test_what_is_no_list_is_told_what_to_do(browse, upload, world, content, sentence):
    page = upload(browse("dana"), content)
    assert sentence in page.text
    assert "Nothing was changed." in page.text


def test_without_a_file_nothing_is_read(browse, world):
    dana = browse("dana")
    page = dana.submit(dana.open("bss.imports.index"), "Read the file")
    assert (page.status, page.errors) == (422, ["Choose the file first."])


def test_a_large_file_shows_how_far_it_is(browse, upload, work, world):
    dana = browse("dana", htmx=True)
    rows = [asset(number, Name="x" * 100) for number in range(1500)]
    page = upload(dana, written(rows))
    assert "Waits for a worker" in page.text
    assert "Waits for a worker" in dana.poll(page).text
    work.drain()
    page = dana.poll(page)
    assert page.facts["New"] == "1,500"
    applying = dana.press(page, "Take 1,500 rows")
    assert "Being applied" in applying.text
    work.drain()
    done = dana.poll(applying)
    assert done.facts["Taken"].startswith("1,500")
    assert "The file is applied." in done.flash


BIG = (b"x" * 99 + b"\n") * 20_000


@pytest.mark.parametrize(
    ("nick", "status"), [("dana", 303), ("dora", 303), ("vera", 413), ("paula", 413), ("cora", 413), (None, 413)]
)
def test_only_who_may_import_may_send_much_at_once(browse, nick, status):
    browser = browse(nick)
    sent = form_with(BIG, "big.csv", csrf_token=browser.token())
    assert browser.raw("POST", "/bss/tools/imports", **sent).status_code == status


def test_too_many_rows_are_refused_in_a_sentence(browse, upload, world):
    page = upload(browse("dana"), b"x\n" * (imports.MOST_ROWS + 1))
    assert (page.status, page.errors) == (422, ["The file has more than 500,000 rows. Divide it into several."])


def test_much_at_once_is_for_imports_only(browse):
    dana = browse("dana")
    sent = form_with(BIG, "big.csv", csrf_token=dana.token())
    assert dana.raw("POST", "/bss/billing/assets/look-ups", **sent).status_code == 413


def test_a_discarded_file_is_gone(browse, upload, world):
    dana = browse("dana")
    page = upload(dana, written([account()]))
    listed = dana.press(page, "Discard")
    assert "Nothing of it is kept" in listed.flash
    assert world.find(Import, 1) is None


def test_what_is_under_way_can_be_stopped(browse, upload, work, world):
    dana = browse("dana")
    rows = [asset(number, Name="x" * 100) for number in range(1500)]
    for ready in (False, True):
        page = upload(dana, written(rows))
        if ready:
            work.drain()
            page = dana.press(dana.visit(page.url), "Take 1,500 rows")
        dana.press(page, "Stop and discard")
        work.drain()
        assert dana.visit(page.url).status == 404
    assert world.find(Asset, 1) is None


def test_the_name_of_a_file_is_a_name_only(browse, upload, world):
    dana = browse("dana")
    for sent, kept in (("../../etc/passwd", "passwd"), ("a<b>.csv", "a<b>.csv"), ("C:/old/list.csv", "list.csv")):
        assert upload(dana, written([account()]), sent).h1 == kept


def test_a_look_alike_is_taken_by_a_tick(browse, upload, world):
    """As a browser without scripts sends it."""
    dana = browse("dana")
    preview = upload(dana, written([account("BR1GHT", Name="Again"), account("NEW-1")]))
    assert (preview.facts["New"], preview.facts["Remarked"][0]) == ("1", "1")
    assert any("BR1GHT" in row and "Looks like BRIGHT Brightwood Dental" in row for row in preview.rows)
    assert dana.press(preview, "Take 1 row").facts["Taken"].startswith("1")
    preview = upload(dana, written([account("BR1GHT", Name="Again")]))
    refused = dana.press(preview, "Take what is ticked")
    assert (refused.status, refused.facts["New"]) == (409, "0")
    tick = preview.one("input[name=accepted]")
    assert tick["form"] == preview.one("form[action$='/applications']")["id"]
    token = preview.one("form[action$='/applications'] [name=csrf_token]")["value"]
    path = preview.one("form[action$='/applications']")["action"]
    version = preview.one("form[action$='/applications'] [name=version]")["value"]
    dana.raw("POST", path, data={"csrf_token": token, "accepted": tick["value"], "version": version})
    assert dana.visit(preview.url).facts["Taken"].startswith("1")


def test_how_a_file_is_read_is_chosen_in_the_preview(browse, upload, world):
    dana = browse("dana")
    rows = [asset(number, Purchase_Date=text) for number, text in enumerate(("01/02/2026", "02/13/2026"))]
    preview = upload(dana, written(rows))
    assert preview.facts["Cannot be taken"] == "2"
    assert "this file seems to put the month first, as in 02/13/2026 on line 3" in preview.text
    again = dana.submit(preview, "Read it again", dates="month-first", numbers="", letters="")
    assert "01/02/2026 is 2 January 2026." in again.text
    assert again.facts["New"] == "2"
    receipt = dana.press(again, "Take 2 rows")
    assert "Read it again" not in receipt.buttons
    assert str(world.find(Asset, 1).purchased_on) == "2026-01-02"


def test_what_was_read_in_another_way_meanwhile_is_looked_at_first(browse, upload, world):
    dana, dora = browse("dana"), browse("dora")
    rows = [asset(number, Purchase_Date="01/02/2026") for number in range(2)]
    preview = upload(dana, written(rows))
    dora.submit(dora.visit(preview.url), "Read it again", dates="month-first", numbers="", letters="")
    refused = dana.press(preview, "Take 2 rows")
    assert refused.status == 409
    assert "has changed how this file is read" in refused.flash
    assert "01/02/2026 is 2 January 2026." in refused.text
    assert world.find(Asset, 1) is None
    assert dana.press(refused, "Take 2 rows").facts["Taken"].startswith("2")


def test_codes_for_failed_assets_are_ticked_and_attached(browse, upload, work, world, sandbox):
    good, other = world.asset(), world.asset()
    coupon = {"Code": "SBX-HAND-0001", "OrganizationId": world.partner.organization_id, "Quantity": 25}
    sandbox.control.put_coupons([coupon])
    dana = browse("dana")
    rows = [
        {"Number": f"AS-{asset.id}", "Coupon code": code}
        for asset, code in ((good, "SBX-HAND-0001"), (other, "SBX-HAND-0002"))
    ]
    page = upload(dana, written(rows))
    assert "checked at BitTitan" in page.text
    work.drain()
    page = dana.visit(page.url)
    assert page.facts["Attach"].startswith("2")
    assert [tick["value"] for tick in page.soup.select("input[name=accepted]")] == ["2"]
    assert "SBX-HAND" not in page.text
    assert "knows no such code" in page.text
    path, token = page.one("#apply-import")["action"], page.one("#apply-import [name=csrf_token]")["value"]
    version = page.one("#apply-import [name=version]")["value"]
    dana.raw("POST", path, data={"csrf_token": token, "accepted": "2", "version": version, "skip_faulty": "1"})
    assert "Being applied" in dana.visit(page.url).text
    work.drain()
    page = dana.visit(page.url)
    assert "Attached." in page.text
    assert page.facts["Attached"] == "1of 2 codes for failed assets"
    assert world.code_of(good) == "SBX-HAND-0001"
    assert world.code_of(other) is None
