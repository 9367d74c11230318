"""Reconciliation runs in the browser: start, follow, stop and go on; the differences, kind by kind, and as a file."""

import csv
import io

import pytest
from sqlalchemy import update

from portal.bss.reconciliation.runs import run_view
from portal.extensions import db
from portal.models import Asset, Finding, FindingAct, FindingKind, FindingState, ReconciliationRun
from tests import reconciliations
from tests.page import TOKEN
from tests.services.conftest import server, settings, shop  # noqa: F401
from tests.services.reconciliation.conftest import reconciler  # noqa: F401
from tests.services.reconciliation.planted import Numbers, plant

pytestmark = pytest.mark.sqlite

FEW = Numbers(unrecorded=2, foreign=1, wrong=1, twice=1, redeemed=1, expired=1, without=1, twins=1)
STAFF_ONLY = ("paula", "carl", "rita")


@pytest.fixture
def dana(browse):
    return browse("dana")


def show(dana, run: ReconciliationRun, **args):
    return dana.open("bss.reconciliation.show", run_id=run.id, **args)


def test_a_comparison_is_started_followed_and_read(dana, reconciler, work):  # noqa: F811
    planted = plant(reconciler, FEW)
    page = dana.open("bss.reconciliation.index")
    assert "Not compared yet" in page.text
    page = dana.submit(page, "Compare now")
    assert ("Started." in page.flash, "List the coupons" in page.text) == (True, True)
    work.drain()
    page = dana.visit(page.url)
    assert page.badge == "Complete"
    for words in ("Bought, not recorded", "Bought elsewhere", "Two for one reference", "Differs"):
        assert words in page.text
    assert "It may belong to AS-" in page.text  # bought by hand, on the next day
    assert "Not our reference: somebody-elses-system" in page.text
    assert "2 possible" in page.text  # the twins
    checked = [radio["value"] for radio in page.soup.select("input[type=radio]") if radio.has_attr("checked")]
    assert set(checked) == {"leave"}
    for codes in planted.codes.values():
        assert not [code for code in codes if code in page.body]


def test_what_is_picked_is_sent_with_the_version_that_was_seen(dana, world):
    run = reconciliations.full_run(world)
    finding = reconciliations.finding_of(world, run.id, FindingKind.DIFFERS)
    page = show(dana, run)
    tick = page.one(f'input[name=finding][value="{finding.id}-{finding.version}"]')
    assert tick["form"] == "picks"
    assert page.one("#picks")["action"].endswith(f"/runs/{run.id}/apply")
    foreign = reconciliations.finding_of(world, run.id, FindingKind.FOREIGN)
    values = [radio["value"] for radio in page.soup.select(f'input[name="finding-{foreign.id}"]')]
    assert values == ["choose", "aside", "leave"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"scope": "account"}, "Choose an account."),
        ({"scope": "tree", "account": "no such account"}, "No account has that name or code."),
        ({"scope": "tree", "account": "carl"}, "Choose a partner."),
        ({"scope": "asset", "asset": "AS-999999"}, "Choose an asset."),
        ({"scope": "asset", "asset": "seventeen"}, "Enter the number of an asset"),
        ({"scope": "period", "from_on": "2026-01-02"}, "Enter the last day."),
        ({"scope": "period", "from_on": "2026-01-02", "until_on": "2026-01-01"}, "must not be before"),
        ({"scope": "everything", "account": "carl"}, "Leave this empty"),
    ],
)
def test_a_scope_says_what_it_needs(app, world, dana, fields, sentence):
    fields |= {"account": world.customer.code} if fields.get("account") == "carl" else {}
    page = dana.submit(dana.open("bss.reconciliation.index"), "Compare now", **fields)
    assert (page.status, sentence in page.text) == (422, True)
    with app.app_context():
        assert db.session.get(ReconciliationRun, 1) is None


def test_a_scoped_run_says_its_scope_and_is_repeated_with_it(app, world, dana):
    fields = {"scope": "tree", "account": world.partner.code}
    page = dana.submit(dana.open("bss.reconciliation.index"), "Compare now", **fields)
    assert f"{world.partner.name} and its customers" in page.text
    page = dana.submit(page, "Stop")
    page = dana.submit(page, "Compare again")
    with app.app_context():
        runs = [db.session.get(ReconciliationRun, number) for number in (1, 2)]
        assert [run.account_id for run in runs] == [world.partner.id] * 2


def test_a_run_that_was_not_answered_concludes_nothing_and_goes_on(dana, world, sandbox, work):
    world.asset("synchronized")
    sandbox.control.fault("searchCoupons", "html", times=None)
    page = dana.submit(dana.open("bss.reconciliation.index"), "Compare now")
    for seconds in (0, 16, 61, 301):
        work.later(seconds)
    page = dana.visit(page.url)
    assert (page.badge, "nothing is called missing" in page.text) == ("Incomplete", True)
    assert "No longer listed" not in page.text
    assert "Go on where it was" in dana.open("bss.reconciliation.index").text
    sandbox.control.clear_faults()
    page = dana.submit(page, "Go on where it was")
    work.drain()
    assert dana.visit(page.url).badge == "Complete"


def test_who_stops_or_goes_on_too_late_is_told(dana, world):
    run = reconciliations.full_run(world, "listing")
    page = show(dana, run)
    assert "It was" not in dana.submit(page, "Stop").flash
    late = dana.submit(page, "Stop")
    assert (late.status, late.badge, "ended already" in late.flash) == (409, "Stopped", True)
    run = reconciliations.full_run(world, "incomplete")
    page = show(dana, run)
    reconciliations.full_run(world, "listing")
    late = dana.submit(page, "Go on where it was")
    assert (late.status, "under way already" in late.flash) == (409, True)
    busy = dana.post("bss.reconciliation.start", {"scope": "everything"})
    assert (busy.status, "under way already" in busy.text) == (409, True)


@pytest.mark.parametrize("htmx", [False, True])
def test_chips_and_search_narrow_what_is_shown(dana, world, htmx):
    run = reconciliations.full_run(world)
    dana.htmx = htmx
    page = show(dana, run, kind="differs")
    assert [row for row in page.rows if "Correct the record" in row]
    assert "One coupon on two records, scrolls" not in page.body
    finding = reconciliations.finding_of(world, run.id, FindingKind.NO_CODE)
    page = dana.submit(show(dana, run), "Search", q=f"AS-{finding.asset_id}")
    assert (len(page.rows), "Asset without a code" in page.text) == (1, True)
    assert "Nothing matches" in dana.submit(show(dana, run), "Search", q="no such name").text
    assert "at least 3 letters" in dana.submit(show(dana, run), "Search", q="zz").text
    assert "was ignored" in show(dana, run, kind="nonsense").text


def test_a_code_is_not_searched_for_and_stands_in_no_address(dana, world):
    run, asset = reconciliations.full_run(world), world.asset("synchronized")
    page = dana.submit(show(dana, run), "Search", q=world.code_of(asset))
    assert page.url.endswith(f"/{asset.id}")
    assert show(dana, run, q=world.code_of(asset)[-6:]).rows == []


def test_what_was_decided_is_kept_apart_with_who_and_why(app, world, dana):
    run = reconciliations.full_run(world)
    with world.transaction():
        decided = {
            "state": FindingState.SET_ASIDE,
            "act": FindingAct.SET_ASIDE,
            "why": "A test",
            "decided_by_id": world.dana.id,
        }
        is_one = (Finding.run_id == run.id, Finding.kind == FindingKind.DIFFERS)
        db.session.execute(update(Finding).where(*is_one).values(decided | {"decided_at": run.made_at}))
    page = show(dana, run)
    assert "Correct the record" not in page.text
    (row,) = show(dana, run, part="set-aside").rows
    assert f"Set aside by {world.dana.name}" in row
    assert "A test" in row
    assert "Nothing was dealt with yet" in show(dana, run, part="done").text


def test_a_kind_with_many_rows_has_pages(dana, reconciler):  # noqa: F811
    reconciler.put(52)
    run = reconciler.run()
    page = show(dana, run)
    assert len(page.soup.select("article.finding")) == run_view.CARDS
    page = dana.press(page, "Show all 52")
    assert len(page.soup.select("article.finding")) == 50
    assert len(dana.press(page, "Next").soup.select("article.finding")) == 2


def test_more_rows_take_no_more_statements(dana, reconciler, sql):  # noqa: F811
    plant(reconciler, FEW)
    few = _cost(dana, reconciler.run(), sql)
    plant(reconciler, Numbers(unrecorded=5, foreign=4, wrong=5, twice=5, redeemed=1, expired=1, without=6, twins=3))
    many = _cost(dana, reconciler.run(), sql)
    assert (few, many <= 13) == (many, True)


def _cost(dana, run: ReconciliationRun, sql) -> int:
    show(dana, run)
    with sql() as statements:
        show(dana, run)
    return len(statements)


def test_the_file_holds_what_is_filtered_and_no_code(dana, world):
    run = reconciliations.full_run(world)
    formula = reconciliations.finding_of(world, run.id, FindingKind.DIFFERS)
    world.edit(world.find(Asset, formula.asset_id), name="=1+1")
    lines = _csv(dana, show(dana, run, kind="differs"))
    assert [line["Difference"] for line in lines] == ["Differs"]
    assert (lines[0]["Name"], lines[0]["Worth"]) == ("'=1+1", "297.50")
    everything = dana.raw("GET", f"/bss/tools/reconciliation/runs/{run.id}/differences.csv").get_data(as_text=True)
    assert "SBX-SHOWN" not in everything
    assert len(everything.splitlines()) == 1 + len(FindingKind)


def _csv(dana, page) -> list[dict]:
    href = page.one("a[download]")["href"]
    return list(csv.DictReader(io.StringIO(dana.raw("GET", href).get_data(as_text=True).removeprefix("\ufeff"))))


def test_runs_are_read_page_by_page_newest_first(dana, world):
    for _ in range(51):
        reconciliations.full_run(world, "stopped")
    page = dana.open("bss.reconciliation.index")
    assert "Comparison 51" in page.rows[0]
    older = dana.press(page, "Older")
    assert (len(older.rows), "Comparison 1" in older.rows[0]) == (1, True)


def test_without_a_complete_comparison_for_long_the_page_says_so(app, dana, monkeypatch):
    monkeypatch.setattr("portal.bss.reconciliation.runs.runs.is_overdue", lambda now: True)
    assert "Not compared completely for too long" in dana.open("bss.reconciliation.index").text


@pytest.mark.parametrize("nick", STAFF_ONLY)
def test_nobody_else_sees_any_of_it(world, browse, nick):
    run, upload, browser = reconciliations.full_run(world), reconciliations.upload(world), browse(nick)
    pages = {"index": {}, "show": {"run_id": run.id}, "export": {"run_id": run.id}, "upload": {}}
    for name, values in (pages | {"uploaded": {"upload_id": upload.id}}).items():
        endpoint = f"bss.reconciliation.{name}"
        absent = dict.fromkeys(values, 2**31 - 1)
        answers = [browser.raw("GET", browser.url(endpoint, **each)) for each in (values, absent)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert len({TOKEN.sub("", answer.get_data(as_text=True)) for answer in answers}) == 1


def test_a_viewer_reads_and_may_not_act(world, browse):
    vera = browse("vera")
    page = vera.open("bss.reconciliation.show", run_id=reconciliations.full_run(world).id)
    assert page.soup.select("input[type=checkbox], input[type=radio], #picks") == []
    assert "Compare again" not in page.text
