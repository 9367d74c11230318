"""Tools > Bulk changes: from the ticks in the list to the receipt and back, without a script."""

import csv
import io
from datetime import date

import pytest

from portal.models import Asset, BulkOperation, Coupon, Lifecycle
from tests import bulk
from tests.browser import Browser

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough


@pytest.fixture
def dana(browse):
    return browse("dana")


def pick(dana: Browser, act: str, *assets: Asset, page=None):
    page = page or dana.open("bss.assets.index")
    return dana.submit(page, f"{act.title()}…, what is selected", pick=[asset.id for asset in assets])


def is_cancelled(world, asset: Asset) -> bool:
    return world.reload(asset).lifecycle is Lifecycle.CANCELLED


def test_ticked_ones_are_cancelled_and_the_list_is_where_it_was(world, dana, work, sandbox):
    first, second, other = (world.asset(name=name, unit_price=1000, quantity=5) for name in ("A1", "B2", "C3"))
    kept = "status=failed&from=2020-01-01&sort=name"
    page = pick(dana, "cancel", first, second, page=dana.visit(f"/bss/billing/assets?{kept}"))
    assert page.h1 == "Cancel 2 assets"
    assert "€100.00" in page.text
    assert dana.submit(page, "Cancel 2 assets").errors == ["Give a reason; it is recorded."]
    page = dana.submit(page, "Cancel 2 assets", reason="Ordered twice")
    assert "0 of 2 cancelled" in page.h1
    work.drain()
    page = dana.visit(page.url)
    assert page.h1 == "2 of 2 cancelled"
    assert "Ordered twice" in page.text
    assert [is_cancelled(world, each) for each in (first, second, other)] == [True, True, False]
    back = dana.press(page, "Back to where you were")
    assert back.url.endswith(f"/bss/billing/assets?{kept}")
    assert sandbox.control.journal() == []


def test_return_in_a_field_and_a_post_without_a_button_cancel_nothing(world, dana, work):
    asset = world.asset()
    page = pick(dana, "cancel", asset)
    form = page.one("form[action$=starts]")
    assert (form.find("button")["name"], form.find("button")["value"]) == ("act", "check")
    for pressed in ({"act": "check"}, {}, {"act": "anything"}):
        row = world.find(BulkOperation, int(page.url.split("/")[-1]))
        data = {"reason": "Typed", "version": "1"} | pressed
        answer = dana.post("bss.bulk.start", operation_id=row.id, data=data)
        assert "Nothing happens until you press" in answer.text
        assert answer.value("reason") == "Typed"
    work.drain()
    assert not is_cancelled(world, asset)


def test_all_that_match_are_taken_as_the_list_is_filtered(world, dana):
    for product in (world.bundle, world.bundle, world.mailbox):
        world.asset(product=product)
    page = dana.visit(f"/bss/billing/assets?product={world.bundle.id}")
    page = dana.press(page, "Cancel…, all assets of this list")
    assert page.h1 == "Cancel 2 assets"


@pytest.mark.parametrize("forged", [{"status": "none"}, {"cause": "x y"}, {"billed": "x"}, {"from": "1 May"}])
def test_a_filter_that_cannot_be_read_takes_nothing_rather_than_more(world, dana, forged):
    world.asset()
    sent = {"what": "matching", "lifecycle": "active"} | forged
    page = dana.post("bss.bulk.new", act="cancel", data=sent)
    assert "could not be read, so nothing was prepared" in page.flash
    assert "lifecycle=active" in page.url


def test_more_than_one_list_takes_is_said_with_the_way_to_the_others(world, dana, monkeypatch):
    monkeypatch.setattr("portal.services.bulk_lists.MOST", 2)
    assets = [world.asset(name=f"Day {day}", purchased_on=date(2026, 5, day)) for day in (1, 2, 3)]
    page = dana.press(dana.visit("/bss/billing/assets?status=failed"), "Annotate…, all assets of this list")
    assert "These are the 2 that were purchased first." in page.text
    rest = dana.press(page, "Go on with them")
    assert rest.url.endswith("?status=failed&from=2026-05-02")
    assert len(rest.rows) == 2
    page = pick(dana, "annotate", *assets)
    assert "More assets were ticked than one list takes. These are 2 of them." in page.text
    assert len(page.rows) == 2


def test_ticking_nothing_says_so_and_leads_back(world, dana):
    world.asset()
    page = pick(dana, "rename", page=dana.visit("/bss/billing/assets?status=failed"))
    assert page.url.endswith("?status=failed")
    assert "There is nothing to change here" in page.flash


def test_the_preview_says_what_is_revoked_first_and_what_is_left(world, dana):
    open_one, bought = world.asset("unconfirmed"), world.asset("synchronized")
    page = pick(dana, "cancel", world.asset(), bought, open_one)
    tiles = [tile.get_text(" ", strip=True) for tile in page.soup.select(".tile")]
    assert [tile.split()[0] for tile in tiles] == ["Cancelled", "Revoked", "Left"]
    assert "1: It is being checked with BitTitan" in tiles[2]
    assert any("Revoked first" in row for row in page.rows)
    assert any("It is being checked with BitTitan" in row for row in page.rows)
    assert "Cancel 2 assets" in page.buttons


def test_what_bittitan_refuses_stays_active_and_is_followed(world, dana, work, sandbox):
    asset = world.asset("synchronized")
    with world.transaction():
        coupon = Coupon.query.filter_by(asset_id=asset.id).one()
        held = {"Code": coupon.code, "Id": coupon.bittitan_id, "ExternalReference": coupon.reference}
    sandbox.control.put_coupons([held | {"Quantity": asset.quantity}])
    sandbox.control.fault("revokeCoupon", "drop_before")
    page = dana.submit(pick(dana, "cancel", asset), "Cancel 1 asset", reason="Ordered twice")
    work.drain()
    page = dana.visit(page.url)
    assert page.h1 == "0 of 1 cancelled"
    assert "1 is still active, because BitTitan did not say yes." in page.text
    assert any("Not known yet, still active" in row and "Active" in row for row in page.rows)
    assert page.soup.select("[hx-trigger*=load]")
    work.later(30)
    page = dana.poll(page)
    assert page.h1 == "1 of 1 cancelled"
    assert any("Revoked and cancelled" in row for row in page.rows)
    assert page.soup.select("[hx-trigger*=load]") == []


def test_a_second_press_does_nothing_and_says_so(world, dana, work):
    preview = pick(dana, "cancel", world.asset())
    dana.submit(preview, "Cancel 1 asset", reason="Once")
    late = dana.submit(preview, "Cancel 1 asset", reason="Twice")
    assert late.status == 409
    assert "It has just been started" in late.flash


def test_another_number_than_was_seen_starts_nothing(world, dana):
    first, second = world.assets(2)
    preview = pick(dana, "cancel", first, second)
    world.edit(second, version=second.version + 1)
    late = dana.submit(preview, "Cancel 2 assets", reason="Ordered twice")
    assert late.status == 409
    assert "What can be changed is not what you saw" in late.flash
    assert "Cancel 1 asset" in late.buttons
    assert late.value("reason") == "Ordered twice"


def test_also_a_check_tells_that_the_numbers_have_changed(world, dana):
    first, second = world.assets(2)
    page = pick(dana, "annotate", first, second)
    world.edit(second, version=second.version + 1)
    late = dana.submit(page, "Show what changes", text="Called on Monday")
    assert late.status == 409
    assert late.value("text") == "Called on Monday"
    assert "Annotate 1 asset" in dana.submit(late, "Show what changes").buttons


def test_a_note_is_previewed_before_it_is_written(world, dana, work):
    asset = world.asset(note="First")
    page = pick(dana, "annotate", asset)
    assert "Annotate 1 asset" not in page.buttons
    assert dana.submit(page, "Show what changes", text=" ").errors == ["Enter a note."]
    page = dana.submit(page, "Show what changes", text="Second")
    assert "Annotate 1 asset" in page.buttons
    changed = dana.submit(page, "Annotate 1 asset", text="Third")
    assert "Look at what changes first, then press again." in changed.flash
    page = dana.submit(changed, "Annotate 1 asset")
    work.drain()
    assert world.reload(asset).note == "First\nThird"
    assert dana.visit(page.url).h1 == "1 of 1 annotated"


def test_new_names_stand_beside_the_old_ones(world, dana, work):
    asset, other = world.asset(name="Old Tenant"), world.asset(name="Tenant")
    page = pick(dana, "rename", asset, other)
    assert dana.submit(page, "Show what changes", mode="parts").status == 422
    assert dana.submit(page, "Show what changes", mode="one").errors == ["Enter a name."]
    page = dana.submit(page, "Show what changes", mode="parts", find="Old", put="New")
    assert any("Old Tenant" in row and "New Tenant" in row for row in page.rows)
    assert any("Nothing would change" in row for row in page.rows)
    page = dana.submit(page, "Rename 1 asset")
    work.drain()
    assert world.reload(asset).name == "New Tenant"
    page = dana.visit(page.url)
    assert any("Old Tenant" in row and "New Tenant" in row for row in page.rows)


def test_a_name_that_cannot_be_is_refused_beside_its_field(world, dana):
    page = pick(dana, "rename", world.asset())
    answer = dana.submit(page, "Show what changes", mode="one", text="#REF!")
    assert answer.status == 422
    assert len(answer.errors) == 1


def test_a_running_one_can_be_stopped(world, dana, work):
    row = bulk.operation(world, "running")
    page = dana.press(dana.open("bss.bulk.show", operation_id=row.id), "Stop")
    assert "Stopped. What was done stays" in page.flash
    assert dana.post("bss.bulk.stop", operation_id=row.id).status == 409
    work.drain()
    assert "Not started 2" in page.text


def test_the_receipt_is_a_file_that_runs_nothing(world, dana, work):
    page = pick(dana, "cancel", world.asset(name="=1+1", quantity=10, unit_price=1190))
    page = dana.submit(page, "Cancel 1 asset", reason="Ordered twice")
    work.drain()
    answer = dana.raw("GET", f"{page.url}?format=csv")
    heads, line = csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff")))
    told = dict(zip(heads, line, strict=True))
    assert told["Name"] == "'=1+1"
    assert (told["Outcome"], told["Total"], told["Currency"], told["Now"]) == (
        "Cancelled",
        "119.00",
        "EUR",
        "Cancelled",
    )


def test_all_operations_stay_in_the_list(world, dana):
    assert "No bulk changes yet" in dana.open("bss.bulk.index").text
    for kind, state in (("cancel", "done"), ("annotate", "prepared"), ("rename", "running")):
        bulk.operation(world, state, kind=kind)
    rows = dana.press(dana.open("bss.index"), "Bulk changes").rows
    assert len(rows) == 3
    assert "0 of 2 renamed" in rows[0]
    assert "Annotate 2 assets" in rows[1]
    assert "2 of 2 cancelled" in rows[2]


def test_a_viewer_reads_receipts_and_changes_nothing(world, browse):
    vera = browse("vera")
    for state in ("prepared", "running", "done"):
        row = bulk.operation(world, state)
        assert vera.open("bss.bulk.show", operation_id=row.id).soup.select("main form") == []


def test_what_was_typed_into_the_address_is_only_read(world, dana):
    row = bulk.operation(world, "done")
    for words in ("outcome=nonsense", "after=x", "outcome=done&after=99999999999", "outcome=", "format=exe"):
        assert dana.raw("GET", f"/bss/tools/bulk-changes/{row.id}?{words}").status_code == 200
    assert dana.raw("GET", "/bss/tools/bulk-changes?before=%00").status_code == 200
    assert dana.raw("GET", "/bss/tools/bulk-changes/2147483647").status_code == 404
    assert dana.post("bss.bulk.new", act="retry").status == 404


def test_pages_cost_a_fixed_number_of_statements(world, dana, sql):
    def cost(url: str) -> int:
        dana.visit(url)
        with sql() as statements:
            dana.visit(url)
        return len(statements)

    for state in ("prepared", "running", "done"):
        few, many = (bulk.operation(world, state, world.assets(number)) for number in (1, 30))
        url = dana.url("bss.bulk.show", operation_id=few.id)
        assert cost(url) == cost(dana.url("bss.bulk.show", operation_id=many.id)) <= 6
    assert cost(dana.url("bss.bulk.index")) <= 3
