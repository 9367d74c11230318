"""A list of coupons from a file: what was read, columns as a person says, and what is compared in the end."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.extensions import db
from portal.models import CouponUpload, CouponUploadPart, Finding, ReconciliationRun
from portal.services.imports.coupon_lists import uploads
from tests import reconciliations
from tests.files import form_with
from tests.page import Page

pytestmark = pytest.mark.sqlite

HEADS = "Number;What;Bought;Valid;Pieces"
LINES = "SBX-FILE-000001;by hand;11/13/2026;11/13/2027;250", "SBX-FILE-000002;by hand;11/02/2026;11/02/2027;30"
NAMED = {"code": "0", "reference": "1", "issued": "2", "expires": "3", "quantity": "4"}


@pytest.fixture
def dana(browse):
    return browse("dana")


def send(dana, content: bytes, name: str) -> Page:
    form = dana.open("bss.reconciliation.upload").one("form[enctype='multipart/form-data']")
    token = form.select_one("[name=csrf_token]")["value"]
    answer = dana.raw("POST", form["action"], **form_with(content, name, csrf_token=token))
    page = Page(answer, url=form["action"], method="POST")
    return dana.visit(answer.headers["Location"]) if answer.status_code == 303 else page


def upload(dana, text: str, name: str = "coupons.csv", encoding: str = "utf-8") -> Page:
    return send(dana, text.encode(encoding), name)


def text_of(*lines: str, heads: str = HEADS) -> str:
    return "\r\n".join((heads, *lines))


def of(app) -> CouponUpload:
    with app.app_context():
        return db.session.scalar(select(CouponUpload).order_by(CouponUpload.id.desc()).limit(1))


def test_columns_are_chosen_and_the_file_is_compared(app, dana, work):
    page = upload(dana, text_of(*LINES))
    assert "These columns are missing: Coupon code" in page.text
    assert "Compare 2 lines" not in page.text
    page = dana.submit(page, "Read it again", **NAMED, dates="month-first")
    assert ("•••• 0001" in page.text, "13 November 2026" in page.text) == (True, True)
    assert [line for line in LINES if line[:15] in page.body] == []
    page = dana.submit(page, "Compare 2 lines")
    work.drain()
    page = dana.visit(page.url)
    assert (page.badge, "File coupons.csv" in page.text) == ("Complete", True)
    assert "nothing is called missing because of it" in page.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Finding)) == 2


def test_two_files_at_once_are_refused_as_one_of_them_would_be_left_out(app, dana):
    form = dana.open("bss.reconciliation.upload").one("form[enctype='multipart/form-data']")
    files = [(BytesIO(text_of(LINES[0]).encode()), name) for name in ("one.csv", "two.csv")]
    fields = {"csrf_token": form.select_one("[name=csrf_token]")["value"], "file": files}
    answer = dana.raw("POST", form["action"], data=fields, content_type="multipart/form-data")
    assert (answer.status_code, of(app)) == (422, None)
    assert "Choose one file" in answer.text


def test_the_next_file_with_these_columns_is_read_like_this(app, dana):
    page = upload(dana, text_of(*LINES))
    dana.submit(page, "Read it again", **NAMED, dates="month-first")
    page = upload(dana, text_of(LINES[0]), "next.csv")
    assert ("As in the last file with these columns" in page.text, "Compare 1 line" in page.text) == (True, True)
    dana.submit(page, "Read it again", **(NAMED | {"quantity": "none"}), dates="month-first", remember=None)
    third = upload(dana, text_of(LINES[0]), "third.csv")
    assert third.value("quantity") == "4"  # what was not to be remembered is not


def test_the_same_file_twice_is_told_and_changes_nothing(app, dana, work):
    for _ in range(2):
        page = upload(dana, reconciliations.LIST)
        before = "The same file" in page.text
        page = dana.submit(page, "Compare 1 line")
        work.drain()
    assert before
    with app.app_context():
        states = list(db.session.scalars(select(Finding.fingerprint).order_by(Finding.id)))
        assert states[0] == states[1]
        assert [run.source.value for run in db.session.scalars(select(ReconciliationRun))] == ["file", "file"]


def test_lines_that_cannot_be_taken_are_named_with_column_and_reason(dana):
    page = upload(
        dana, "Code,Licenses,Created\nAB,25,\nSBX-FILE-000001,many,2026-11-13\nSBX-FILE-000002,5,31/31/2026\n"
    )
    first, second, third = page.rows[-3:]
    assert (first[0], second[0], third[0]) == ("2", "3", "4")
    assert "Licences" in second
    assert "is no number of licences" in second
    assert "Compare" not in " ".join(page.buttons)
    assert "No line can be taken like this" in page.text


def test_encoding_and_separator_are_chosen(dana):
    text = "Code|Organisation"  # no separator of ours: one column
    assert "Coupon code" in upload(dana, text + "\nSBX-FILE-000001|x").text
    page = upload(dana, "Code;Organisation\nSBX-FILE-000001;Σύννεφο", encoding="cp1253")
    page = dana.submit(page, "Read it again", letters="cp1253", separator=";")
    assert "Σύννεφο" in page.text
    page = dana.submit(page, "Read it again", letters="cp1253", separator=",")
    assert "These columns are missing" in page.text


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rest", b"\x00\x01\x02\x03" * 20])
def test_what_is_no_csv_file_is_refused_and_not_kept(app, dana, content):
    page = send(dana, content, "coupons.csv")
    assert (page.status, len(page.errors)) == (422, 1)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(CouponUpload)) == 0


def test_a_wrong_column_shows_no_code(dana):
    page = upload(dana, text_of(*LINES))
    page = dana.submit(page, "Read it again", **(NAMED | {"code": "1", "reference": "0"}))
    assert "SBX-FILE" not in page.body
    without_heading = upload(dana, "\n".join(LINES))
    assert "SBX-FILE" not in without_heading.body


def test_a_column_is_chosen_once_and_the_code_is_needed(dana):
    page = upload(dana, text_of(*LINES))
    twice = dana.submit(page, "Read it again", **(NAMED | {"reference": "0"}))
    assert (twice.status, "This column is chosen already." in twice.text) == (422, True)
    without = dana.submit(page, "Read it again", **(NAMED | {"code": "none"}))
    assert (without.status, "Choose the column that holds the coupon codes." in without.text) == (422, True)


def test_who_did_not_see_how_it_is_read_now_is_told(app, dana):
    old = upload(dana, reconciliations.LIST)
    dana.submit(old, "Read it again", quantity="none")
    for button in ("Read it again", "Compare 1 line", "Discard this one"):
        late = dana.submit(old, button)
        assert (late.status, "changed how this file is read" in late.text) == (409, True)
    with app.app_context():
        assert db.session.get(ReconciliationRun, 1) is None


def test_a_run_under_way_keeps_the_file_waiting(world, dana):
    page = upload(dana, reconciliations.LIST)
    reconciliations.full_run(world, "listing")
    late = dana.submit(page, "Compare 1 line")
    assert (late.status, "under way already" in late.text) == (409, True)


def test_a_complete_file_asks_for_a_scope_like_any_comparison(app, world, dana):
    page = upload(dana, reconciliations.LIST)
    wrong = dana.submit(page, "Compare 1 line", scope="account", is_whole="yes")
    assert (wrong.status, "Choose an account." in wrong.text) == (422, True)
    dana.submit(page, "Compare 1 line", scope="account", account=world.customer.code, is_whole="yes")
    with app.app_context():
        run = db.session.get(ReconciliationRun, 1)
        assert (run.account_id, run.is_whole) == (world.customer.id, True)


def test_a_file_is_deleted_by_a_person_or_after_some_days(app, world, dana):
    page = dana.submit(upload(dana, reconciliations.LIST), "Discard this one")
    assert "The file is deleted" in page.flash
    kept = upload(dana, reconciliations.LIST)
    with app.app_context():
        uploads.delete_expired(clock.now() + uploads.KEPT - timedelta(minutes=1))
        assert db.session.scalar(select(func.count()).select_from(CouponUploadPart)) == 1
        uploads.delete_expired(clock.now() + uploads.KEPT + timedelta(minutes=1))
        assert db.session.scalar(select(func.count()).select_from(CouponUploadPart)) == 0
        assert [row.heads for row in db.session.scalars(select(CouponUpload))] == [[], []]
    assert dana.visit(kept.url).status == 404
