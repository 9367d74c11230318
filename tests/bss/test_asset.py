"""The page of one asset: what it tells, what can be edited in place, and who was faster."""

import pytest

from tests.services.shop import Shop

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def dana_with_script(browse):
    return browse("dana", htmx=True)


def test_the_page_tells_all_of_it(world, dana):
    asset = world.asset("synchronized", name="Mailboxes for Carl", attempts=3, note="Two invoices")
    page = dana.open("bss.assets.show", asset_id=asset.id)
    assert page.h1 == "Mailboxes for Carl"
    assert page.badge == "Synchronized"
    assert "3 attempts" in page.text
    assert page.facts["Note"] == "Two invoices"
    assert page.facts["Total"] == "€297.50"
    assert "cannot be changed" in page.facts["Expire (days)"]
    assert page.one("svg.clocks__chart title").get_text()


@pytest.mark.parametrize("status", ["failed", "synchronized", "synchronizing", "unconfirmed", "review"])
def test_the_root_says_which_state_it_shows(world, dana, status):
    asset = world.asset(status)
    root = dana.open("bss.assets.show", asset_id=asset.id).one(f"#asset-{asset.id}")
    assert root["data-sync-status"] == status
    assert root["data-asset-id"] == str(asset.id)
    assert root["data-version"] == "1"
    assert bool(root.select("[hx-trigger*=load]")) == (status in ("synchronizing", "unconfirmed"))


def test_not_knowing_is_never_called_failed(world, dana):
    for status in ("unconfirmed", "review"):
        page = dana.open("bss.assets.show", asset_id=world.asset(status).id)
        assert "failed" not in page.text.lower().replace("failed, ", "")


def test_a_code_is_revealed_on_request_and_recorded(world, browse):
    asset = world.asset("synchronized", code="TEST-ABCD-1234")
    for htmx in (False, True):
        dana = browse("dana", htmx=htmx)
        page = dana.open("bss.assets.show", asset_id=asset.id)
        assert "ABCD" not in page.body
        shown = dana.submit(page, "Reveal")
        assert "TEST-ABCD-1234" in shown.text
        assert shown.is_whole is not htmx
        assert "ABCD" not in dana.submit(shown, "Hide").body
    assert "last was by Dana Markou" in dana.open("bss.assets.show", asset_id=asset.id).text


def test_renaming_a_synchronized_asset_calls_nobody(world, dana, sandbox):
    asset = world.asset("synchronized")
    edit = dana.press(dana.open("bss.assets.show", asset_id=asset.id), "Edit")
    assert "Saving does not call BitTitan" in edit.text
    assert edit.soup.find(attrs={"name": "expire_days"}) is None
    page = dana.submit(edit, "Save", name="Ärzte 🙂", note="=1+1")
    assert page.h1 == "Ärzte 🙂"
    assert page.badge == "Synchronized"
    assert page.facts["Note"] == "=1+1"
    assert world.reload(asset).version == 2
    assert sandbox.control.journal() == []


def test_saving_a_failed_asset_synchronizes_and_changes_nothing_else_yet(world, dana):
    asset = world.asset("failed", name="Before")
    edit = dana.open("bss.assets.edit", asset_id=asset.id)
    assert "One request to BitTitan" in edit.text
    page = dana.submit(edit, "Save and synchronize", name="After", expire_days="200")
    assert page.badge == "Synchronizing…"
    assert page.h1 == "Before"
    kept = world.reload(asset)
    assert (kept.name, kept.expire_days) == ("Before", 365)


def test_edit_again_brings_back_what_was_typed(world, dana):
    staged = {"name": "Typed", "note": "Noted", "expire_days": 200, "validity_days": 100}
    asset = world.asset("failed", attempt={"staged": staged})
    edit = dana.press(dana.open("bss.assets.show", asset_id=asset.id), "Edit again")
    assert {name: edit.value(name) for name in staged} == {name: str(value) for name, value in staged.items()}
    assert "what was typed for attempt 1" in edit.text
    assert edit.h1 == asset.name


@pytest.mark.parametrize(
    "field, value",
    [
        ("name", ""),
        ("name", "x" * 10_000),
        ("name", "Mail\0box"),
        ("expire_days", "0"),
        ("expire_days", "-1"),
        ("expire_days", "3651"),
        ("validity_days", "1e3"),
        ("validity_days", "=1+1"),
        ("note", "x" * 5000),
    ],
)
def test_what_cannot_be_taken_has_a_sentence_and_nothing_is_lost(world, dana, field, value):
    asset = world.asset("failed")
    edit = dana.open("bss.assets.edit", asset_id=asset.id)
    page = dana.submit(edit, "Save and synchronize", **{"name": "Mine", "note": "Mine too"} | {field: value})
    assert page.status == 422
    assert len(page.errors) == 1
    assert page.value("note" if field == "name" else "name").startswith("Mine")
    assert world.reload(asset).version == 1


def test_a_stale_save_shows_both_and_loses_nothing(world, browse):
    asset = world.asset("synchronized", name="Old")
    for htmx in (False, True):
        dana, dora = browse("dana", htmx=htmx), browse("dora")
        mine = dana.open("bss.assets.edit", asset_id=asset.id)
        theirs = f"Dora’s {htmx}"
        dora.submit(dora.open("bss.assets.edit", asset_id=asset.id), "Save", name=theirs)
        page = dana.submit(mine, "Save", name="Mine", note="Kept\nby me")
        assert page.status == 409
        for said in ("Mine", theirs, "Dora Lind", "Kept"):
            assert said in page.text
        assert world.reload(asset).name == theirs
        again = dana.submit(page, "Edit again with what I typed")
        assert (again.value("name"), again.value("note").replace("\r", "")) == ("Mine", "Kept\nby me")
        assert dana.submit(again, "Save").status == 200
        assert world.reload(asset).name == "Mine"


@pytest.mark.parametrize("status", ["synchronizing", "unconfirmed", "review"])
def test_a_locked_asset_has_no_form(world, dana, status):
    asset = world.asset(status)
    page = dana.open("bss.assets.edit", asset_id=asset.id)
    assert "cannot be edited now" in page.text
    assert page.soup.find(attrs={"name": "note"}) is None
    assert "Edit" not in dana.open("bss.assets.show", asset_id=asset.id).links


def test_a_row_is_edited_where_it_stands(world, dana_with_script):
    dana = dana_with_script
    asset = world.asset("synchronized")
    other = world.asset("synchronized")
    page = dana.open("bss.assets.index")
    edit = dana.visit(page.one(f"#asset-{asset.id} .row-act")["href"], asked=page.one(f"#asset-{asset.id} .row-act"))
    assert edit.soup.tr["class"] == ["table__editing"]
    wrong = dana.submit(edit, "Save", name="")
    assert wrong.status == 422
    assert wrong.soup.tr["id"] == f"asset-{asset.id}"
    row = dana.submit(wrong, "Save", name="From the row")
    assert row.soup.tr["data-version"] == "2"
    assert "From the row" in row.text
    assert f"asset-{other.id}" not in row.body
    back = dana.press(edit, "Cancel")
    assert back.soup.tr["id"] == f"asset-{asset.id}"


def test_the_badge_of_a_failed_asset_synchronizes(world, browse):
    for htmx in (False, True):
        asset = world.asset("failed")
        dana = browse("dana", htmx=htmx)
        page = dana.submit(dana.open("bss.assets.show", asset_id=asset.id), to=f"/{asset.id}/syncs")
        assert page.badge == "Synchronizing…"
        assert world.reload(asset).attempts_made == 2


def test_the_badge_in_a_row_answers_with_the_row(world, dana_with_script):
    asset = world.asset("failed")
    page = dana_with_script.open("bss.assets.index")
    row = dana_with_script.submit(page, to=f"/{asset.id}/syncs")
    assert row.soup.tr["data-sync-status"] == "synchronizing"
    assert "BitTitan is being asked" in row.text


def test_who_presses_second_is_told_the_state(world, browse):
    for htmx in (False, True):
        asset = world.asset("failed")
        first, second = browse("dana", htmx=htmx), browse("dora", htmx=htmx)
        pages = [each.open("bss.assets.show", asset_id=asset.id) for each in (first, second)]
        assert first.submit(pages[0], to="/syncs").status == 200
        late = second.submit(pages[1], to="/syncs")
        assert late.status == 409
        assert late.badge == "Synchronizing…"
        assert "Synchronizing…" in late.flash
        assert world.reload(asset).attempts_made == 2


def test_what_days_cannot_mend_leads_to_a_new_order(world, dana):
    asset = world.asset("failed", attempt={"cause": "QuantityOutOfRange"})
    page = dana.open("bss.assets.show", asset_id=asset.id)
    assert "Cancel this asset" in page.links
    assert dana.press(page, "Order again").value("account") == str(asset.account_id)


def test_a_viewer_sees_no_act(world, browse):
    vera = browse("vera")
    for status in ("failed", "synchronized", "review"):
        page = vera.open("bss.assets.show", asset_id=world.asset(status).id)
        assert [form for form in page.forms if not form["action"].endswith("/sign-out")] == []
        assert not {"Edit", "I have a code for this asset"} & page.links.keys()
    asset = world.asset("failed")
    for endpoint in ("bss.assets.edit", "bss.assets.attach", "bss.assets.attest", "bss.assets.cancel"):
        assert vera.open(endpoint, asset_id=asset.id).status == 403
    assert vera.post("bss.assets.sync", asset_id=asset.id, data={"version": "1"}).status == 403


def test_the_story_is_paged(app, world, dana):
    asset, shop = world.asset("synchronized"), Shop(app, world)
    for number in range(60):
        shop.save(asset.id, name=f"Name {number}")
    page = dana.press(dana.open("bss.assets.show", asset_id=asset.id), "The whole story")
    assert "50 shown" in page.text
    page = dana.press(page, "Last")
    assert "Name 0" in page.text
    assert "Name 57" not in page.text


def test_order_again_fills_everything_in(world, dana, browse):
    asset = world.asset("synchronized", name="Postfächer „Süd“", quantity=7)
    wanted = [str(asset.account_id), str(asset.product_id), "7", asset.name]
    form = dana.press(dana.open("bss.assets.show", asset_id=asset.id), "Order again")
    assert [form.value(name) for name in ("account", "product", "quantity", "name")] == wanted
    assert dana.open("bss.orders.new", again=99999).status == 404
    assert "Order again" not in browse("vera").open("bss.assets.show", asset_id=asset.id).body
