"""Tools > Retries: from the ticks in the list to the receipt, without a script."""

import csv
import io
from datetime import UTC, date, datetime

import pytest

from portal.models import Asset, Retry
from tests.browser import Browser

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def run(dana, work):
    """Picks these assets in the list, starts, and does the work. Returns the receipt."""

    def go(*assets: Asset, **fields):
        preview = pick(dana, *assets)
        dana.submit(preview, "Start", **({"canary": None} | fields))
        work.later(5)
        work.later(5)
        return dana.visit(preview.url)

    return go


def pick(dana: Browser, *assets: Asset):
    page = dana.open("bss.assets.index")
    return dana.submit(page, "Synchronize again", to="/retries/new", pick=[asset.id for asset in assets])


def test_ticked_rows_are_shown_before_anything_is_sent(world, dana, sandbox):
    first, second = world.asset(quantity=10, unit_price=1000), world.asset(quantity=5, unit_price=1000)
    world.asset()
    page = pick(dana, first, second)
    assert page.h1.startswith("Retry of ")
    for said in ("2 assets", "15 licences", "€150.00", "Nothing is sent until you press Start", "Northlight IT"):
        assert said in page.text
    assert sandbox.control.journal() == []


def test_a_retry_goes_from_the_list_to_the_receipt(world, run, sandbox):
    bought, refused = world.asset(name="Bought"), world.asset(name="Refused")
    sandbox.control.fault("createCoupon", "refuse", match=refused.reference, code="CreditLimitExceeded")
    page = run(bought, refused)
    assert "1 synchronized, 1 failed" in page.text
    assert "Ended" in page.text
    assert any("Bought" in row and "Synchronized" in row for row in page.rows)
    assert any("Refused" in row and "BitTitan refused: credit limit exceeded" in row for row in page.rows)
    assert len(sandbox.control.purchases()) == 1


def test_all_that_match_are_taken_as_the_list_is_filtered(world, dana):
    for _ in range(3):
        world.asset(product=world.bundle)
    world.asset(product=world.mailbox)
    world.asset(product=world.bundle, lifecycle="cancelled")
    page = dana.visit(f"/bss/billing/assets?product={world.bundle.id}")
    page = dana.press(page, "All failed assets of this list (3)")
    assert "3 assets" in page.text
    assert {"User Migration Bundle" in row for row in page.rows} == {True}
    listed = dana.press(page, "the list as it is now")
    assert len(listed.rows) == 4


def test_without_failed_ones_there_is_nothing_to_take_all_of(world, dana):
    world.asset("synchronized")
    world.asset("failed", lifecycle="cancelled")
    assert not any("that match" in button for button in dana.open("bss.assets.index").buttons)
    world.asset("failed")
    assert not any("that match" in each for each in dana.visit("/bss/billing/assets?status=synchronized").buttons)


def test_ticking_nothing_says_so_and_leads_back(world, dana):
    world.asset()
    page = dana.visit("/bss/billing/assets?status=failed")
    page = dana.submit(page, "Synchronize again", to="/retries/new")
    assert page.url.endswith("?status=failed")
    assert "There is nothing to retry here" in page.flash


def test_more_than_a_retry_takes_is_said(world, dana, monkeypatch):
    monkeypatch.setattr("portal.services.bulk_lists.MOST", 2)
    for day in (1, 2, 3):
        world.asset(name=f"Day {day}", purchased_on=date(2026, 5, day))
    page = dana.press(dana.visit("/bss/billing/assets?lifecycle=active"), "All failed assets of this list (3)")
    assert "More assets match than one list takes. These are the 2 that were purchased first." in page.text
    assert len(page.rows) == 3  # one line of the sum, two assets
    rest = dana.press(dana.submit(page, "Start"), "Go on with them")
    assert rest.url.endswith("?lifecycle=active&from=2026-05-02")
    assert len(rest.rows) == 2


def test_what_is_left_out_says_why(world, dana, run):
    good, imported = world.asset(), world.asset(imported_at=datetime.now(UTC), quantity=7)
    unlinked = world.asset(account=world.account(synced=False))
    page = pick(dana, good, imported, unlinked, world.asset("synchronized"), world.asset("review"))
    for said in (
        "The billed account is not synchronized with BitTitan",
        "It was imported, and may have been bought before",
        "It has its coupon code",
        "It is not failed: an attempt is open",
        "1 asset, one request each",
    ):
        assert said in page.text
    assert len(dana.press(page, "Left out 4").soup.select("tr[data-asset-id]")) == 4


def test_imported_ones_go_along_only_where_it_is_ticked(world, run, sandbox):
    good, imported = world.asset(), world.asset(imported_at=datetime.now(UTC))
    page = run(good, imported)
    assert "1 synchronized, 1 left out" in page.text
    page = run(imported, imported=True)
    assert "1 synchronized" in page.text
    assert "Imported assets are included" in page.text
    assert len(sandbox.control.purchases()) == 2


def test_start_pressed_twice_is_one_job_and_says_so(world, dana, work, sandbox):
    preview = pick(dana, world.asset())
    dana.submit(preview, "Start")
    second = dana.submit(preview, "Start")
    assert second.status == 409
    assert "It has just been started" in second.flash
    work.later(5)
    assert len(sandbox.control.purchases()) == 1
    assert dana.visit(preview.url).status == 200


def test_nothing_to_send_is_not_started(world, dana):
    preview = pick(dana, world.asset("synchronized"))
    assert "Nothing can be sent now" in preview.text
    refused = dana.submit(preview, "Start")
    assert refused.status == 409
    assert "Nothing can be sent now" in refused.flash


def test_progress_looks_again_until_it_has_ended(world, dana, work):
    preview = pick(dana, world.asset())
    page = dana.submit(preview, "Start")
    assert page.one("progress")["max"] == "1"
    assert dana.poll(page).one("progress")["value"] == "0"
    work.later(5)
    work.later(5)
    ended = dana.poll(page)
    assert ended.one("progress")["value"] == "1"
    assert ended.soup.select("[hx-trigger]") == []


def test_a_running_retry_can_be_stopped(world, dana, work, sandbox):
    preview = pick(dana, *world.assets(2))
    page = dana.press(dana.submit(preview, "Start"), "Stop")
    assert "Stopped. What was started continues" in page.flash
    assert "2 not started" in page.text
    work.later(5)
    assert sandbox.control.journal() == []
    late = dana.post("bss.retries.stop", retry_id=int(page.url.split("/")[-1]))
    assert late.status == 409
    again = dana.press(page, "Retry the ones that were not started (2)")
    assert "2 assets" in again.text


def test_a_first_one_that_is_refused_is_said_and_the_failed_tried_again(world, dana, run, sandbox):
    first, other = world.assets(2)
    sandbox.control.fault("createCoupon", "refuse", match=first.reference, code="Forbidden")
    page = run(first, other, canary=True)
    assert "The first one got no coupon, so the others were not started." in page.text
    again = dana.press(page, "Retry the ones that failed (1)")
    assert first.number in again.rows[-1]
    assert "Repeats R-" in again.text


def test_a_first_one_whose_answer_is_lost_is_waited_for(world, dana, work, sandbox):
    first, other = world.assets(2)
    sandbox.control.fault("createCoupon", "drop_after", match=first.reference)
    preview = pick(dana, first, other)
    dana.submit(preview, "Start")
    work.drain()
    page = dana.visit(preview.url)
    assert "no certain answer about the first one" in page.text
    assert "failed" not in page.text.lower().replace("failed assets", "")


def test_the_receipt_is_a_file_that_runs_nothing(world, run, dana):
    page = run(world.asset(name="=1+1", quantity=10, unit_price=1190))
    answer = dana.raw("GET", f"{page.url}?format=csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    heads, line = csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff")))
    told = dict(zip(heads, line, strict=True))
    assert told["Name"] == "'=1+1"
    assert (told["Outcome"], told["Total"], told["Currency"]) == ("Synchronized", "119.00", "EUR")
    assert "SBX-" not in answer.get_data(as_text=True)


def test_a_long_receipt_has_pages(world, dana):
    page = pick(dana, *world.assets(50))
    assert "Next" not in page.links
    retry = world.retry(assets=world.assets(60))
    page = dana.open("bss.retries.show", retry_id=retry.id)
    assert "50 of 60" in page.text
    assert len(dana.press(page, "Next").soup.select("tr[data-asset-id]")) == 10


def test_all_retries_stay_in_the_list(world, dana, run):
    assert "No retries yet" in dana.open("bss.retries.index").text
    run(world.asset())
    pick(dana, world.asset())
    rows = dana.press(dana.open("bss.index"), "Retries").rows
    assert len(rows) == 2
    assert "Not started" in rows[0]
    assert all(said in rows[1] for said in ("Ended", "1 synchronized", "Dana Markou"))


def test_many_retries_have_pages(world, dana, monkeypatch):
    monkeypatch.setattr("portal.services.bulk_lists.bulk_list_page.LISTED", 2)
    for _ in range(3):
        world.retry()
    page = dana.open("bss.retries.index")
    assert len(page.rows) == 2
    assert len(dana.press(page, "Older").rows) == 1


def test_a_viewer_reads_receipts_and_ticks_nothing(world, browse):
    world.asset()
    retry = world.retry("done")
    vera = browse("vera")
    assert vera.open("bss.assets.index").soup.select(".row-check, .bulk, #picks") == []
    for page in (
        vera.open("bss.retries.show", retry_id=retry.id),
        vera.open("bss.retries.show", retry_id=world.retry().id),
    ):
        assert page.soup.select("main form") == []


def test_nobody_else_has_ticks(world, browse):
    world.asset()
    for nick in ("paula", "carl"):
        assert browse(nick).open("storefront.assets.index").soup.select(".row-check, #picks") == []
    assert browse("dana").open("accounts.show", account_id=world.customer.id).soup.select(".row-check, #picks") == []


def test_what_was_typed_into_the_address_is_only_read(world, dana):
    retry = world.retry("done")
    for words in ("outcome=nonsense", "after=x", "outcome=failed&after=99999999999", "outcome=", "format=exe"):
        assert dana.raw("GET", f"/bss/tools/retries/{retry.id}?{words}").status_code == 200
    assert dana.raw("GET", "/bss/tools/retries?before=%00").status_code == 200
    assert dana.raw("GET", "/bss/tools/retries/2147483647").status_code == 404


@pytest.mark.parametrize("forged", [{"status": "none"}, {"cause": "x y"}, {"billed": "x"}, {"from": "1 May"}])
def test_a_filter_that_cannot_be_read_takes_nothing_rather_than_more(world, dana, forged):
    world.asset()
    page = dana.post("bss.retries.new", data={"what": "matching", "lifecycle": "active"} | forged)
    assert "could not be read, so nothing was prepared" in page.flash
    assert "lifecycle=active" in page.url


def test_what_can_be_sent_is_what_was_seen(world, dana, work, sandbox):
    lonely = world.account(synced=False)
    first, second = world.asset(), world.asset(account=lonely)
    preview = pick(dana, first, second)
    assert "1 asset," in preview.text
    world.edit(lonely, organization_id=world.partner.organization_id)
    late = dana.submit(preview, "Start")
    assert late.status == 409
    assert "What can be sent has changed since you looked" in late.flash
    assert "2 assets" in late.text
    dana.submit(late, "Start")
    for _ in range(3):
        work.later(5)
    assert len(sandbox.control.purchases()) == 2


@pytest.mark.parametrize("forged", ["x", "-1", "0", "99999999999", "1 OR 1=1", "\0"])
def test_ticks_that_no_form_offers_are_left_out(world, dana, forged):
    asset = world.asset()
    page = dana.post("bss.retries.new", data=[("pick", forged), ("pick", str(asset.id)), ("pick", str(asset.id))])
    assert "1 asset," in page.text


def test_pages_cost_a_fixed_number_of_statements(world, dana, sql):
    def cost(url: str) -> int:
        dana.visit(url)
        with sql() as statements:
            dana.visit(url)
        return len(statements)

    for state in ("prepared", "running", "done"):
        few, many = (world.retry(state, world.assets(number)) for number in (1, 30))
        url = dana.url("bss.retries.show", retry_id=few.id)
        assert cost(url) == cost(dana.url("bss.retries.show", retry_id=many.id)) <= 7
    assert cost(dana.url("bss.retries.index")) <= 3
    assert world.find(Retry, few.id) is not None
