"""What becomes of a decision about a difference, and what is kept of it."""

from datetime import date

import pytest

from portal.models import Coupon, CouponStanding, Finding, FindingKind
from portal.services.reconciliation.applying import settled
from tests import reconciliations
from tests.bss.finding_pages import look, offered, table
from tests.services.reconciliation.planted import Reconciler
from tests.services.shop import Shop

pytestmark = pytest.mark.sqlite

Kind = FindingKind
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


def test_a_coupon_bought_elsewhere_is_attached_to_the_asset_that_a_person_chooses(world, dana, reconciler, shop, work):
    asset = world.asset("failed", name="Mailboxes for Athens", purchased_on=DAY)
    reconciler.put(1, Quantity=asset.quantity)
    reconciler.run()
    (finding,) = shop.all(Finding, Finding.kind == Kind.FOREIGN)
    page = look(dana, finding)
    assert offered(page) == ["set-aside", "case"]
    found = dana.submit(page, to="/searches", q="athens")
    chosen = dana.press(found, f"{asset.number}, {asset.name}")
    assert "Yes: Same product" in chosen.text
    assert table(chosen)["Status"] == ["Failed", "Active", "Synchronized"]
    waiting = dana.submit(chosen, "Attach it", why="Bought by telephone")
    assert "Being carried out" in waiting.badges
    work.drain()
    done = dana.poll(waiting)
    assert done.badges == ["Attached"]
    assert shop.status(asset.id) == "synchronized"
    assert shop.standings(asset.id) == [CouponStanding.RECORDED.value]
    receipts = dana.open("bss.reconciliation.receipts", run_id=finding.run_id)
    assert receipts.text.count("No code → ••••") == 2  # of the coupon and of the asset


def test_what_could_not_be_done_says_why_and_can_be_decided_again(world, dana, reconciler, shop, work, sandbox):
    asset = world.asset("synchronized")
    reconciler.list_recorded(asset.id, Quantity=30)
    reconciler.run()
    (finding,) = shop.all(Finding)
    waiting = dana.submit(look(dana, finding), "Correct it", why="They bought fewer")
    reconciler.list_recorded(asset.id, Quantity=31)
    work.drain()
    refused = dana.poll(waiting)
    assert "BitTitan shows this coupon otherwise by now" in refused.text
    assert "correct" in offered(refused)


def test_what_was_corrected_says_from_what_to_what(world, dana, reconciler, shop, work):
    asset = world.asset("synchronized")
    reconciler.list_recorded(asset.id, Quantity=30)
    reconciler.run()
    (finding,) = shop.all(Finding)
    waiting = dana.submit(look(dana, finding), "Correct it", why="They bought more")
    work.drain()
    assert dana.poll(waiting).facts["From → to"] == "25 licences → 30 licences"
    assert shop.asset(asset.id).quantity == 30


def test_what_was_settled_meanwhile_says_by_whom_and_offers_nothing(world, dana, reconciler, shop):
    asset = world.asset("failed", purchased_on=DAY)
    (code,) = reconciler.put(1, on=DAY, Quantity=asset.quantity)
    run = reconciler.run()
    shop.attach(asset.id, code)
    with shop.app.app_context():
        settled.close()
    (finding,) = shop.all(Finding, Finding.kind == Kind.FOREIGN)
    page = look(dana, finding)
    assert (page.h1, page.badges) == (f"{asset.number}, {asset.name}", ["Settled meanwhile"])
    assert offered(page) == []
    assert page.facts["Who"] == world.dana.name
    assert page.facts["From → to"] == f"Not on record → With {asset.number}, •••• {code[-4:]}"
    receipts = dana.open("bss.reconciliation.receipts", run_id=run.id)
    assert f"No code → •••• {code[-4:]}" in receipts.text
    file = dana.open("bss.reconciliation.receipts", run_id=run.id, format="csv").body
    assert file.count('"Settled outside of the comparison","Settled meanwhile"') == 2
    assert "Settled outside of the comparison" in dana.open("bss.audit.index").text
    assert "No difference" in dana.open("bss.reconciliation.show", run_id=run.id).text


def test_what_is_set_aside_changed_nothing(world, dana, run):
    finding = reconciliations.finding(world, run, Kind.FOREIGN)
    case = {"case_number": "BT-4711", "why": ""}
    page = dana.submit(look(dana, finding), "Set aside with the case", **case)
    assert page.facts["From → to"] == "Nothing was changed"
    (row,) = dana.open("bss.reconciliation.receipts", run_id=run.id).rows
    assert "Nothing was changed" in row


def two_records(world, shop, run, **of_other):
    """Its code is on one record, its Id on another."""
    one, other = world.assets(2, "synchronized")
    (with_code,) = shop.all(Coupon, Coupon.asset_id == one.id)
    (with_id,) = shop.all(Coupon, Coupon.asset_id == other.id)
    world.edit(with_id, **({"confirmed_at": None} | of_other))
    world.edit(with_code, bittitan_id=None)
    shown = {"code": with_code.code, "bittitan_id": with_id.bittitan_id, "reference": one.reference}
    return reconciliations.finding(world, run, Kind.TWO_RECORDS, one, coupon_id=with_code.id, shown=shown), other


def test_a_coupon_on_two_records_is_kept_where_its_code_is(world, dana, shop, run):
    finding, other = two_records(world, shop, run)
    page = look(dana, finding)
    assert offered(page) == ["correct", "set-aside", "case"]
    assert table(page)["The same Id is on"][0].startswith(f"AS-{other.id}, ••••")
    assert "The other one loses it and is looked up at BitTitan" in page.text


def test_two_confirmed_records_are_a_case_for_bittitan(world, dana, shop, run):
    finding, _other = two_records(world, shop, run, confirmed_at=run.made_at)
    page = look(dana, finding)
    assert offered(page) == ["set-aside", "case"]
    assert "BitTitan has confirmed both records" in page.text


def test_the_audit_log_says_what_was_decided_and_leads_to_the_difference(world, dana, run):
    asset = world.asset("synchronized")
    finding = reconciliations.finding(world, run, Kind.NOT_LISTED, asset, shown=None)
    dana.submit(look(dana, finding), "Confirm it", confirmed_as="redeemed", why="They say so")
    log = dana.open("bss.audit.index")
    assert f"Difference {finding.id}" in log.text
    assert "Confirm what became of it" in log.text
    assert log.links[f"Difference {finding.id}"].endswith(f"/findings/{finding.id}")
    history = dana.open("bss.assets.story", asset_id=asset.id).text
    assert "Confirmed what became of the code" in history
    assert "Redeemed" in history


def test_those_with_an_open_case_have_a_chip_that_counts_them(world, dana, run):
    for kind, case in ((Kind.DIFFERS, "BT-4711"), (Kind.NOT_LISTED, None)):
        finding = reconciliations.finding(world, run, kind, world.asset("synchronized"))
        world.edit(finding, state="set-aside", act="set-aside", why="Looked", case_number=case)
    page = dana.open("bss.reconciliation.show", run_id=run.id)
    cases = dana.press(page, "With an open case 1")
    assert [row.count("BT-4711") for row in cases.rows if "AS-" in row] == [1]
    current = [link.get_text(" ", strip=True) for link in cases.soup.select('a.chip[aria-current="true"]')]
    assert current == ["With an open case 1"]
    assert "Differs 1" in [link.get_text(" ", strip=True) for link in cases.soup.select("a.chip")]
    assert len([row for row in dana.visit(cases.links["Set aside 2"]).rows if "AS-" in row]) == 2
