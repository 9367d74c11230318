"""Tools > Audit log in the browser: words, links, filters, the search that keeps codes out, and the file."""

from datetime import timedelta

import pytest

from portal.core import audit, clock

pytestmark = pytest.mark.sqlite  # that both databases find the same entries is proved in tests/services


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def record(world):
    def write(subject, subject_id, act, *, by, days=0, **detail) -> None:
        with world.app.app_context(), world.transaction():
            at = clock.now() - timedelta(days=days)
            audit.record(subject, subject_id, act, by=by, at=at, **detail)

    return write


def whats(page) -> list[str]:
    return [words for row in page.soup.select("#list tbody tr") for words in [row.select_one("th").get_text()]]


def test_entries_are_in_words_and_lead_to_their_thing(dana, world, record):
    asset = world.asset(account=world.partner)
    change = {"field": "lifecycle", "before": "active", "after": "cancelled", "why": "Ordered twice"}
    record("asset", asset.id, "cancel", by=world.dana, **change)
    record("account", world.partner.id, "edited", by=world.dora, field="credit_limit", before=1000, after=250_000)
    record("user", world.paula.id, "edited", by=world.dora, field="role", before="viewer", after="admin")
    page = dana.open("bss.audit.index")
    cancelled = next(row for row in page.soup.select("#list tbody tr") if asset.number in row.get_text())
    text = " ".join(cancelled.get_text(" ").split())
    for said in ("Lifecycle", "Active", "Cancelled", "Ordered twice", world.partner.name, world.dana.name):
        assert said in text, (said, text)
    assert dana.visit(page.links[asset.number]).status == 200
    assert "€2,500.00" in page.text
    assert "Administrator" in page.text
    assert world.paula.name not in page.links, "dana may not edit users"


def test_what_a_person_did_yesterday_is_one_link(browse, world, record):
    record("company", 1, "change", by=world.dana, field="city", after="Athens", days=1)
    record("company", 1, "change", by=world.dana, field="street", after="Main Street")
    record("company", 1, "change", by=world.dora, field="postcode", after="10557", days=1)
    dora = browse("dora")
    users = dora.open("bss.users.index")
    (row,) = [row for row in users.soup.select("#list tbody tr") if world.dana.email in row.get_text()]
    page = dora.visit(row.select_one('a[href*="audit"]')["href"])
    assert whats(page) == ["Town"]
    assert "1 of 1, newest first" in page.text


def test_filters_are_kept_and_what_is_unknown_is_said(dana, world, record):
    record("order", 4, "approved", by=world.paula)
    record("connection", 1, "backup", by=audit.COMMAND_LINE, field="backed_up_at")
    page = dana.open("bss.audit.index", who="command line", group="settings", days="today")
    assert whats(page) == ["Backed up"]
    assert page.one("#list-who option[selected]").get_text().strip() == "Command line"
    notes = dana.open("bss.audit.index", who="0", group="x", account="99999", days="x", **{"from": "x", "to": "x"}).text
    for said in ("no such person", "no such account", "kind of act", "Those days", "“From” is", "“To” is"):
        assert said in notes, said


def test_a_day_is_the_distributors(dana, world):
    """In Athens a day begins two hours before that of UTC."""
    page = dana.open("bss.audit.index", **{"from": "2026-03-01", "to": "2026-03-01"})
    assert page.status == 200
    assert "Nothing matches" in page.text


def test_the_first_and_last_days_that_there_are_break_nothing(dana):
    for first, last in (("0001-01-01", "0001-01-01"), ("9999-12-31", "9999-12-31"), ("0001-01-01", "9999-12-31")):
        assert dana.open("bss.audit.index", **{"from": first, "to": last}).status == 200


def test_the_search_finds_a_number_and_keeps_a_code_out_of_the_address(dana, world, record):
    asset = world.asset("synchronized", account=world.partner)
    record("asset", asset.id, "edit", by=world.dana, field="note", after="First")
    record("asset", asset.id + 1, "edit", by=world.dana, field="note", after="Other")
    found = dana.submit(dana.open("bss.audit.index"), "Show", q=asset.number.lower())
    assert "First" in found.text
    assert "Other" not in found.text
    code = world.code_of(asset)
    answer = dana.post("bss.audit.search", {"q": code, "csrf_token": dana.token()})
    assert code not in answer.url
    assert answer.h1 == asset.name
    nothing = dana.submit(dana.open("bss.audit.index"), "Show", q="INV-9999-1")
    assert "Nothing has that number" in nothing.text


def test_an_account_is_chosen_by_its_name(dana, world, record):
    record("account", world.partner.id, "edited", by=world.dana, field="city", after="Athens")
    record("account", world.rival.id, "edited", by=world.dana, field="city", after="Patras")
    page = dana.submit(dana.open("bss.audit.index"), "Show", **{"account-name": world.partner.code})
    assert "Athens" in page.text
    assert "Patras" not in page.text
    assert (
        "Athens"
        in dana.visit(dana.open("accounts.show", account_id=world.partner.id).links["All of it in the audit log"]).text
    )


def test_the_file_holds_exactly_what_is_listed(dana, world, record):
    record("company", 1, "change", by=world.dana, field="city", before="=1+1", after="Athens", why="Moved")
    record("company", 1, "change", by=world.dora, field="street", after="Elsewhere")
    answer = dana.raw("GET", dana.url("bss.audit.index", who=world.dana.id, format="csv"))
    lines = answer.get_data(as_text=True).splitlines()
    assert answer.mimetype == "text/csv"
    assert len(lines) == 2, lines
    assert "Town" in lines[1]
    assert "'=1+1" in lines[1], "no formula"
    assert "Elsewhere" not in answer.get_data(as_text=True)


def test_the_asset_leads_to_its_entries_for_those_who_may_see_them(browse, world, record):
    asset = world.asset(account=world.partner)
    record("asset", asset.id, "edit", by=world.dana, field="note", after="Of this asset")
    vera = browse("vera")
    page = vera.visit(vera.open("bss.assets.show", asset_id=asset.id).links["All of it in the audit log"])
    assert "Of this asset" in page.text
    assert "All of it in the audit log" not in browse("elena").open("bss.assets.show", asset_id=asset.id).text


def test_what_has_no_words_is_shown_as_it_is(dana, world, record):
    for subject in ("asset", "account", "order", "invoice", "payment", "company", "product", "tax_code", "new kind"):
        record(subject, 1, "new act", by=world.dana, field="new field", before="one", after="two")
    page = dana.open("bss.audit.index")
    assert page.status == 200
    assert "new kind 1" in page.text


def test_with_the_script_only_the_list_is_answered(browse, world, record):
    for number in range(60):
        record("order", number, "approved", by=world.paula)
    dana = browse("dana")
    page = dana.open("bss.audit.index")
    dana.htmx = True
    address = page.links["Next"]
    part = dana.raw("GET", address, headers={"HX-Request": "true"})
    assert part.get_data(as_text=True).lstrip().startswith('<section class="panel" id="list"')
    assert part.headers["HX-Push-Url"] == address
    found = dana.submit(page, "Show", group="orders", q="ORD-7")
    assert len(found.soup.select("#list tbody tr")) == 1
