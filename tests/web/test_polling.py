"""A page that looks again gets what changed and nothing else, and ends up as if it had been loaded anew."""

import importlib.util
import json
import re
from datetime import UTC, datetime

import pytest

from portal.extensions import db
from portal.models import (
    BulkState,
    FindingState,
    Import,
    ImportState,
    ReconciliationState,
    RequestState,
    VendorRequest,
)
from portal.models import Worker as Heartbeat
from portal.web.pages import polling
from tests import asked, bulk, reconciliations
from tests.page import Page
from tests.settings import ROOT
from tests.web.polls import known, leave_out, look, rows

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough

NOTHING = 800
"""Bytes of an answer if nothing changed, at most."""
ROW = 1_800
"""Bytes for one row more."""
FORGED = ("", "1", ".", "..", "x.y.z", "-5.-5.", "9" * 30, "1.1." + "A" * 20_000, "1.1.<p>", "\xff")
FORM_TOKEN = re.compile(r'<input[^>]*name="csrf_token"[^>]*>')
LOOK = re.compile(r'<a [^>]*id="[^"]*-look"[^>]*>')


@pytest.fixture
def dana(browse):
    return browse("dana")


def asset_page(world, dana):
    asset = world.asset("unconfirmed")
    page = dana.open("bss.assets.show", asset_id=asset.id)
    return page, lambda: world.edit(asset, name="Another name", note="Another note")


def request_page(world, dana):
    request_id = asked.check(world, world.dana)
    with world.transaction():
        db.session.add(Heartbeat(id="one", started_at=datetime.now(UTC), seen_at=datetime.now(UTC)))
    page = dana.open("bss.requests.show", request_id=request_id)
    return page, lambda: world.edit(world.find(VendorRequest, request_id), state=RequestState.RUNNING)


def queue_page(world, dana):
    return dana.open("bss.index"), lambda: world.asset("review")


def reconciliation_page(world, dana):
    run = reconciliations.full_run(world, "listing")
    page = dana.open("bss.reconciliation.show", run_id=run.id)
    return page, lambda: world.edit(run, counts={"listed": 100})


def reconciliations_page(world, dana):
    run = reconciliations.full_run(world, "matching")
    ended = {"state": ReconciliationState.INCOMPLETE, "open_mark": None, "cause": "TimedOut"}
    return dana.open("bss.reconciliation.index"), lambda: world.edit(run, **ended)


def import_page(world, dana):
    with world.transaction():
        row = Import(
            file_name="old.csv",
            size=70_000,
            state=ImportState.READING,
            created_by_id=world.dana.id,
            created_at=datetime.now(UTC),
        )
        db.session.add(row)
        db.session.flush()
    return dana.open("bss.imports.show", import_id=row.id), lambda: world.edit(row, rows_read=1200, rows_checked=700)


def surplus_page(world, dana):
    coupon = world.surplus(world.asset("synchronized"))
    page = dana.open("bss.surplus.show", coupon_id=coupon.id)
    page = dana.submit(page, "Revoke the coupon", reason="Bought twice")
    return page, lambda: world.edit(coupon, read_at=datetime.now(UTC))


def retry_page(world, dana):
    retry = world.retry("running", world.assets(50))
    return dana.open("bss.retries.show", retry_id=retry.id), lambda: leave_out(world, retry, 3)


def bulk_page(world, dana):
    row = bulk.operation(world, "running", world.assets(50))
    return dana.open("bss.bulk.show", operation_id=row.id), lambda: bulk.leave_out(world, row, 3)


def difference_page(world, dana):
    row = reconciliations.chosen(world)
    page = dana.open("bss.reconciliation.finding", finding_id=row.id)
    return page, lambda: world.edit(row, state=FindingState.REFUSED, refusal="BitTitan shows it otherwise by now.")


def receipts_page(world, dana):
    row = reconciliations.chosen(world)
    page = dana.open("bss.reconciliation.receipts", run_id=row.run_id)
    return page, lambda: world.edit(row, state=FindingState.REFUSED, refusal="BitTitan shows it otherwise by now.")


PAGES = (
    asset_page, request_page, queue_page, reconciliation_page, reconciliations_page, import_page, surplus_page,
    retry_page, bulk_page, difference_page, receipts_page,
)  # fmt: skip


def region(page: Page, target: str) -> str:
    """As it reads: without the token of the forms, and what the link knows of the page."""
    html = FORM_TOKEN.sub("", LOOK.sub("", str(page.soup.select_one(target))))
    return re.sub(r"\s+", " ", html.replace("> <", "><"))


@pytest.mark.parametrize("build", PAGES)
def test_if_nothing_changed_next_to_nothing_is_sent(world, dana, build):
    page, _change = build(world, dana)
    target, first = look(page)["hx-target"], region(page, look(page)["hx-target"])
    for _time in range(2):
        answer = dana.look(page)
        page = page.after(answer)
    assert answer.headers["HX-Reswap"] == "none"
    assert len(answer.body.encode()) <= NOTHING
    assert region(page, target) == first


@pytest.mark.parametrize("build", PAGES)
def test_after_a_change_the_page_is_as_if_it_were_loaded_anew(world, dana, build):
    page, change = build(world, dana)
    target = look(page)["hx-target"]
    page = dana.poll(page)
    change()
    after, fresh = dana.poll(page), dana.visit(page.url)
    assert region(after, target) == region(fresh, target) != region(page, target)


def test_of_a_list_only_the_row_that_changed_is_sent(world, dana):
    changed, other = world.assets(2, "unconfirmed")
    page = dana.open("bss.assets.index")
    first = dana.look(page)
    assert sorted(rows(first)) == [f"asset-{changed.id}", f"asset-{other.id}"]
    nothing = dana.look(page, state=known(first))
    assert (rows(nothing), len(nothing.body.encode()) <= NOTHING) == ([], True)
    world.edit(changed, name="Another name")
    second = dana.look(page, state=known(first))
    assert rows(second) == [f"asset-{changed.id}"]
    assert len(second.body.encode()) <= NOTHING + ROW


def test_of_a_retry_only_the_rows_that_changed_are_sent(world, dana):
    retry = world.retry("running", world.assets(400))
    page = dana.open("bss.retries.show", retry_id=retry.id)
    assert len(dana.look(page, state="").body.encode()) > 30_000
    page = page.after(dana.look(page))
    leave_out(world, retry, 1)  # a new outcome: its chip is new, too
    page = page.after(dana.look(page))
    items = leave_out(world, retry, 4)
    answer = dana.look(page)
    assert rows(answer) == [f"item-{item}" for item in items]
    assert {name for name in answer.parts if name.startswith("chip")} == {"chip-will", "chip-left_out"}
    assert "5 left out" in answer.parts["retry-progress"].get_text()
    assert len(answer.body.encode()) <= NOTHING + 1_500 + 4 * ROW


def test_a_page_behind_what_moves_is_told_of_the_numbers_alone(world, dana):
    """Its rows stand on another page of the receipt."""
    retry = world.retry("running", world.assets(60))
    page = dana.press(dana.open("bss.retries.show", retry_id=retry.id), "Next")
    leave_out(world, retry, 1)
    page = dana.poll(page)
    leave_out(world, retry, 5)
    answer = dana.look(page)
    assert rows(answer) == []
    assert "6 left out" in answer.parts["retry-progress"].get_text()
    assert len(answer.body.encode()) <= NOTHING + 1_500


def test_every_process_compares_alike(app):
    """The next poll may be answered by another one, or by the same after a restart."""
    spec = importlib.util.spec_from_file_location("other_process", polling.__file__)
    other = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(other)
    assert other._SECRET != polling._SECRET

    def drawn(module) -> str:
        def caller():
            inner = module.part('<b id="inner">1</b>')
            return f'<p id="outer">{module.part(f"""<i id="part">{inner}</i>""")} {module.look_again("outer", "/")}</p>'

        return module.polled(caller)

    with app.test_request_context():
        assert drawn(polling) == drawn(other)


@pytest.mark.parametrize(
    "forged", ["", "1", ".", "..", "x.y.z", "-5.-5.", "9" * 30, "1.1." + "A" * 20_000, "1.1.<p>", "\xff"]
)
def test_what_no_page_sends_gets_the_whole_region(world, dana, forged):
    answer = dana.raw("GET", "/bss/", headers={"X-Poll": forged, "HX-Request": "true"})
    page = Page(answer, url="/bss/")
    assert answer.status_code == 200
    assert "HX-Reswap" not in answer.headers
    assert page.one("#queue")
    assert len(json.loads(look(page)["hx-headers"])["X-Poll"]) < 100


def test_a_whole_page_is_whole_whatever_it_is_said_to_know(world, dana):
    retry = world.retry("running", world.assets(3))
    page = dana.open("bss.retries.show", retry_id=retry.id)
    again = dana.visit(page.url, headers={"X-Poll": known(page)})
    assert again.is_whole
    assert region(again, "#retry") == region(page, "#retry")
    assert "HX-Reswap" not in again.headers


def test_what_a_page_knows_opens_nothing_to_others(world, browse, dana):
    """It is no secret and no right: it only says what that page shows already."""
    page = dana.open("bss.index")
    assert browse("carl").look(page).status == 404


def test_no_template_polls_in_a_way_of_its_own():
    templates = [path for path in (ROOT / "templates").rglob("*.html") if "hx-trigger" in path.read_text("utf-8")]
    modules = [path.name for path in (ROOT / "portal").rglob("*.py") if "hx-trigger" in path.read_text("utf-8")]
    assert (templates, modules) == ([], ["polling.py"])


def test_the_answer_of_a_retry_costs_what_it_did(world, dana, sql):
    retry = world.retry("running", world.assets(2))
    page = dana.open("bss.retries.show", retry_id=retry.id)
    with sql() as statements:
        dana.look(page)
    assert len(statements) <= 5


def test_the_end_of_a_retry_brings_no_rows_again(world, dana):
    retry = world.retry("running", world.assets(50))
    page = dana.open("bss.retries.show", retry_id=retry.id)
    leave_out(world, retry, 50)
    page = dana.poll(page)
    world.edit(retry, state=BulkState.DONE, ended_at=datetime.now(UTC))
    answer = dana.look(page)
    assert rows(answer) == []
    assert set(answer.parts) == {"retry-head", "retry-state", "signal"}
    after, fresh = page.after(answer), dana.visit(page.url)
    assert after.soup.select("[hx-trigger]") == []
    assert region(after, "#retry") == region(fresh, "#retry")
