"""Both sides of what was ticked, kind by kind; one tick and one button for each; a receipt for each row."""

from datetime import date

import pytest

from portal.models import Finding, FindingAct, FindingKind, FindingState
from tests import reconciliations
from tests.services.reconciliation.planted import Reconciler
from tests.services.shop import Shop

pytestmark = pytest.mark.sqlite

Act, Kind, State = FindingAct, FindingKind, FindingState
DAY = date(2026, 4, 20)


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def run(world):
    return reconciliations.run(world)


@pytest.fixture
def shop(app, world) -> Shop:
    return Shop(app, world)


@pytest.fixture
def reconciler(shop, work, sandbox) -> Reconciler:
    return Reconciler(shop, work, sandbox)


def unrecorded(world, run, asset) -> Finding:
    shown = {"reference": asset.reference, "quantity": asset.quantity}
    return reconciliations.finding(world, run, Kind.UNRECORDED, asset, shown=shown)


def tick(*findings) -> list[tuple[str, str]]:
    return [("finding", f"{row.id}-{row.version}") for row in findings]


def look(browser, run, *fields):
    """As the page of the run sends it."""
    return browser.post("bss.reconciliation.apply", list(fields), run_id=run.id)


def again(world, finding) -> Finding:
    return world.find(Finding, finding.id)


def states(world, *findings) -> list[State]:
    return [again(world, row).state for row in findings]


def heads(page) -> list[str]:
    return [head.get_text() for head in page.soup.select("main form.panel h2")]


def test_what_was_ticked_is_shown_kind_by_kind_and_nothing_changes(world, dana, run):
    first, second, wrong = *world.assets(2, "failed"), world.asset("synchronized")
    rows = [unrecorded(world, run, asset) for asset in (first, second)]
    differs = reconciliations.finding(world, run, Kind.DIFFERS, wrong, differences=[["quantity", "25", "30"]],
                                      shown={"quantity": 30})  # fmt: skip
    page = look(dana, run, *tick(*rows, differs))
    assert heads(page) == ["Record what was bought", "Correct the record"]
    assert [button for button in page.buttons if button in ("Record these 2", "Correct it")] != []
    assert len(page.soup.select("table.comparison--full")) == 3
    assert states(world, *rows, differs) == [State.OPEN] * 3


def test_a_kind_needs_its_tick_and_its_button(world, dana, run):
    row = unrecorded(world, run, world.asset("failed"))
    page = look(dana, run, *tick(row))
    form = page.one("main form.panel")
    assert form.find("button")["value"] == "check"
    assert "Nothing is changed yet" in dana.submit(page, form=form, sure=True).flash
    refused = dana.submit(page, "Record it")
    assert (refused.status, refused.errors) == (422, ["Look at both sides, then tick this."])
    assert states(world, row) == [State.OPEN]
    done = dana.submit(refused, "Record it", sure=True)
    assert (done.trail, states(world, row)) == ((303,), [State.CHOSEN])


def test_one_kind_is_decided_and_the_others_stay_on_the_page(world, dana, run):
    row = unrecorded(world, run, world.asset("failed"))
    aside = reconciliations.finding(world, run, Kind.FOREIGN)
    page = look(dana, run, *tick(row), (f"finding-{aside.id}", "aside"))
    assert heads(page) == ["Record what was bought", "Set aside"]
    rest = dana.submit(page, "Record it", sure=True)
    assert (rest.status, heads(rest)) == (200, ["Set aside"])
    assert "1 difference is decided" in rest.text
    done = dana.submit(rest, "Set it aside", sure=True, why="Training")
    assert done.trail == (303,)
    assert states(world, row, aside) == [State.CHOSEN, State.SET_ASIDE]


def test_what_has_moved_is_named_and_left_out(world, dana, browse, run):
    same, renamed, decided = (unrecorded(world, run, asset) for asset in world.assets(3, "failed"))
    world.edit(world.find(type(world.asset()), renamed.asset_id), version=9)
    other = browse("dora")
    page = look(other, run, *tick(decided))
    other.submit(page, "Record it", sure=True)
    page = look(dana, run, *tick(same, renamed, decided))
    notice = page.soup.select_one("#moved-title").parent.get_text()
    assert "2 have moved since the comparison" in notice
    assert "Now: Failed, without a code" in notice
    assert f"{world.dora.name} has decided this difference" in notice
    assert len(page.soup.select("main form.panel table.comparison--full")) == 1


def test_the_second_of_two_people_is_told(world, dana, browse, run):
    rows = [unrecorded(world, run, asset) for asset in world.assets(2, "failed")]
    dora = browse("dora")
    hers, others = look(dana, run, *tick(*rows)), look(dora, run, *tick(rows[0]))
    dora.submit(others, "Record it", sure=True)
    told = dana.submit(hers, "Record these 2", sure=True)
    assert told.status == 200
    assert "1 difference is decided" in told.text
    assert f"{world.dora.name} has decided this difference" in told.text
    assert [again(world, row).decided_by_id for row in rows] == [world.dora.id, world.dana.id]
    twice = dana.submit(hers, "Record these 2", sure=True)
    assert twice.status == 409
    assert again(world, rows[0]).version == 2


def test_an_asset_that_changes_while_a_person_looks_is_not_attached_unseen(world, dana, shop, reconciler, work):
    asset = world.asset("failed", purchased_on=DAY)
    reconciler.put(1, on=DAY, Quantity=asset.quantity)
    run = reconciler.run()
    (foreign,) = reconciler.findings(run, Finding.kind == Kind.FOREIGN)
    page = look(dana, run, (f"finding-{foreign.id}", f"attach-{asset.id}"))
    assert heads(page) == ["Attach a coupon that was bought elsewhere"]
    world.edit(asset, version=7)
    dana.submit(page, "Attach it", sure=True, why="Bought by telephone")
    work.drain()
    assert states(world, foreign) == [State.REFUSED]
    assert shop.status(asset.id) == "failed"


def test_it_is_carried_out_and_each_row_has_its_receipt(world, dana, shop, reconciler, work):
    assets = world.assets(2, "failed")
    for asset in assets:
        reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    run = reconciler.run()
    rows = reconciler.findings(run)
    receipts = dana.submit(look(dana, run, *tick(*rows)), "Record these 2", sure=True)
    assert "2 are being carried out" in receipts.text
    work.drain()
    done = dana.poll(receipts)
    assert [badge for badge in done.badges if badge == "Recorded"] == ["Recorded"] * 2
    assert f"With AS-{assets[0].id}" in done.text
    lines = dana.raw("GET", f"/bss/tools/reconciliation/runs/{run.id}/receipts?format=csv").get_data(as_text=True)
    assert len(lines.strip().splitlines()) == 3
    assert shop.code(assets[0].id) not in lines
    assert world.dana.name in lines


def test_an_asset_and_its_suggested_coupon_are_one_decision(world, dana, reconciler, shop):
    asset = world.asset("failed", purchased_on=DAY)
    reconciler.put(1, on=DAY, Quantity=asset.quantity)
    run = reconciler.run()
    page = look(dana, run, *tick(*reconciler.findings(run)))
    assert heads(page) == ["Attach a coupon that was bought elsewhere"]


def test_what_is_decided_one_by_one_is_only_named(world, dana, run):
    foreign = reconciliations.finding(world, run, Kind.FOREIGN)
    code = reconciliations.finding(
        world, run, Kind.DIFFERS, world.asset("synchronized"), differences=[["code", "a", "b"]]
    )
    left = reconciliations.finding(world, run, Kind.FOREIGN)
    page = look(dana, run, (f"finding-{foreign.id}", "choose"), *tick(code, left), (f"finding-{left.id}", "leave"))
    assert heads(page) == []
    links = page.soup.select("#alone-title ~ span")
    assert page.soup.select_one("section[aria-labelledby=alone-title] .tag").get_text() == "2"
    assert links


def test_a_retry_says_what_it_may_cost(world, dana, run):
    asset = world.asset("failed")
    row = reconciliations.finding(world, run, Kind.NO_CODE, asset, shown=None)
    page = look(dana, run, *tick(row))
    assert "If all are bought: 25 licences" in page.text
    assert heads(page) == ["Synchronize again"]


def test_what_may_have_its_coupon_already_is_not_bought_again_unseen(world, dana, run):
    row = reconciliations.finding(world, run, Kind.NO_CODE, world.asset("failed"), shown=None, candidates=2)
    review = reconciliations.finding(world, run, Kind.NO_CODE, world.asset("review"), shown=None)
    page = look(dana, run, *tick(row, review))
    assert heads(page) == []
    assert page.soup.select_one("section[aria-labelledby=alone-title] .tag").get_text() == "2"


def test_all_of_a_kind_are_counted_and_the_first_are_shown_in_full(world, dana, run, monkeypatch):
    monkeypatch.setattr("portal.bss.reconciliation.findings.apply_page.SHOWN_OF_ALL", 2)
    rows = [unrecorded(world, run, asset) for asset in world.assets(4, "failed")]
    page = look(dana, run, ("kind", "unrecorded"), ("most_id", rows[2].id))
    assert "This is done for all 3 of this kind. The first 2 are shown in full." in page.text
    assert len(page.soup.select("table.comparison--full")) == 2
    refused = dana.submit(page, "Record these 3")
    assert refused.status == 422
    done = dana.submit(refused, "Record these 3", sure=True)
    assert done.trail == (303,)
    assert "3 differences are decided" in done.flash
    assert states(world, *rows) == [*[State.CHOSEN] * 3, State.OPEN]


def test_whoever_comes_second_is_told_that_nothing_was_left_to_decide(world, dana, run):
    rows = [unrecorded(world, run, asset) for asset in world.assets(2, "failed")]
    page = look(dana, run, ("kind", "unrecorded"), ("most_id", rows[1].id))
    assert "2 differences are decided" in dana.submit(page, "Record these 2", sure=True).flash
    second = dana.submit(page, "Record these 2", sure=True)
    assert "Nothing was left to decide" in second.flash
    assert "0 differences" not in second.text


def test_a_kind_that_is_decided_one_by_one_is_not_offered_as_a_whole(world, dana, run):
    row = reconciliations.finding(world, run, Kind.NOT_LISTED, world.asset("synchronized"), shown=None)
    page = look(dana, run, ("kind", "not-listed"), ("most_id", row.id))
    assert "Nothing is left to decide here" in page.text


@pytest.mark.parametrize(
    "fields",
    [
        [("finding", "x")],
        [("finding", f"{'9' * 30}-1")],
        [("finding-7", "attach-" + "9" * 30)],
        [("kind", "foreign"), ("most_id", "9" * 30)],
        [("act", "unrecorded.record"), ("asks", "unrecorded.record"), ("row", "1-1-1-1")],
        [("act", "foreign.retry"), ("asks", "foreign.retry"), ("sure", "y"), ("row", "1-1-0-0")],
        [("act", "nonsense"), ("asks", "nonsense.nonsense")],
    ],
)
def test_what_nobody_could_have_sent_decides_nothing(world, dana, run, fields):
    row = unrecorded(world, run, world.asset("failed"))
    assert look(dana, run, *fields).status < 500
    assert states(world, row) == [State.OPEN]


def test_a_row_of_another_kind_is_not_smuggled_in(world, dana, run):
    row = reconciliations.finding(world, run, Kind.NO_CODE, world.asset("failed"), shown=None)
    fields = [("act", "unrecorded.record"), ("asks", "unrecorded.record"), ("sure", "y"), ("row", f"{row.id}-1-1-0")]
    page = look(dana, run, *fields)
    assert (page.status, states(world, row)) == (409, [State.OPEN])
    assert "not offered for this difference" in page.text


def test_two_hundred_rows_cost_no_more_statements_than_two(world, dana, run, sql):
    rows = [unrecorded(world, run, asset) for asset in world.assets(200, "failed")]

    def cost(some) -> int:
        with sql() as statements:
            page = look(dana, run, *tick(*some))
        assert len(page.soup.select("table.comparison--full")) == len(some)
        return len(statements)

    cost(rows[:1])
    assert cost(rows) == cost(rows[:2])


@pytest.mark.parametrize("nick", ["paula", "carl", "elena"])
def test_nobody_else_applies_anything(world, browse, run, nick):
    row = unrecorded(world, run, world.asset("failed"))
    answer = look(browse(nick), run, *tick(row), ("act", "unrecorded.record"), ("asks", "unrecorded.record"),
                  ("sure", "y"), ("row", f"{row.id}-1-1-0"))  # fmt: skip
    assert answer.status in (403, 404)
    assert states(world, row) == [State.OPEN]
