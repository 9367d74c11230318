"""Lists as files: what is filtered, as the screen has it, with nothing a spreadsheet would run."""

import csv
import io
import zipfile
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from portal.display.lists import asset_export
from portal.extensions import db
from portal.models import AuditEntry
from portal.services import lists
from portal.services.lists import exports

pytestmark = pytest.mark.sqlite

BSS = "/bss/billing/assets"
STOREFRONT = "/storefront/billing/assets"


def table(answer) -> list[list[str]]:
    assert answer.status_code == 200, answer.status
    content = answer.get_data(as_text=True)
    assert content.startswith("\ufeff")
    return list(csv.reader(io.StringIO(content.removeprefix("\ufeff"))))


def column(lines: list[list[str]], head: str) -> list[str]:
    return [line[lines[0].index(head)] for line in lines[1:]]


def reveals(app) -> list[tuple[int, str]]:
    with app.app_context():
        rows = select(AuditEntry.subject_id, AuditEntry.actor).where(AuditEntry.act == "reveal")
        return sorted(map(tuple, db.session.execute(rows)))


def fill(world) -> None:
    for place in range(7):
        day = date(2026, 3, 1) + timedelta(days=place % 3)
        world.asset(("failed", "synchronized", "review")[place % 3], name=f"Name {place % 4}", purchased_on=day)
    world.asset("synchronized", name="Elsewhere", account=world.rival_customer)


@pytest.mark.parametrize("query", ["", "?status=failed", "?sort=-customer", "?q=name", "?q=bright&sort=name"])
def test_a_file_has_the_rows_and_columns_of_the_screen_in_its_order(world, browse, query):
    fill(world)
    for nick, path in (("dana", BSS), ("paula", STOREFRONT), ("carl", STOREFRONT)):
        person = browse(nick)
        page = person.visit(path + query)
        lines = table(person.raw("GET", f"{path}{query}{'&' if query else '?'}format=csv"))
        heads = [text for head in page.soup.select("thead th") for text in headings(head) if text != "Select"]
        assert lines[0][: len(heads)] == heads
        shown = [row["data-asset-id"] for row in page.soup.select("tr[data-asset-id]")]
        assert [number.removeprefix("AS-") for number in column(lines, "Number")] == shown


def headings(head) -> list[str]:
    """Those of the column and of what is shown within it."""
    return [link.get_text() for link in head.select(".sort")] or [head.get_text()]


@pytest.mark.parametrize("nick", ["dana", "paula", "carl"])
def test_the_assets_of_an_account_are_a_file_too(world, browse, nick):
    fill(world)
    person = browse(nick)
    path = f"/accounts/{world.customer.id}"
    link = next(link for link in person.visit(path).soup.select("#list a[download]"))
    lines = table(person.raw("GET", link["href"]))
    assert lines[0][:3] == ["Name", "Sync status" if nick == "dana" else "Status", "Licences"]
    assert len(lines) == 8
    assert "Elsewhere" not in column(lines, "Name")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "＝", "＠"])
def test_no_cell_is_run(world, browse, start):
    for name in ("Plain", f"{start}1+1", f"1{start}1", ""):
        world.asset(name=name, quantity=12)
    lines = table(browse("dana").raw("GET", f"{BSS}?format=csv"))
    assert sorted(column(lines, "Name")) == sorted(["Plain", f"'{start}1+1", f"1{start}1", ""])
    assert column(lines, "Licences") == ["12"] * 4


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_what_a_customer_writes_runs_in_no_file_of_the_staff(world, browse, separator):
    """Where cells are separated by another mark than the file has, a text is more than one cell: quotation marks keep
    only the first one of a line together."""
    asset = world.asset("synchronized")
    attack = "Licences;=cmd|'/C calc'!A0"
    world.asset("synchronized", account=world.account(parent=world.partner, name=attack))
    carl = browse("carl")
    page = carl.open("storefront.assets.edit", asset_id=asset.id)
    carl.submit(page, "Save", name=attack)
    text = browse("dana").raw("GET", f"{BSS}?format=csv").get_data(as_text=True)
    assert text.count("cmd") == 2
    assert all(line.startswith('"') and line.endswith('"') for line in text.removeprefix("\ufeff").splitlines())
    cells = [cell for line in csv.reader(io.StringIO(text), delimiter=separator) for cell in line]
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]


def test_codes_are_masked(world, browse, app):
    world.asset("synchronized", code="TEST-ABCD-1234")
    dana = browse("dana")
    for kind in ("csv", "xlsx"):
        assert b"ABCD" not in dana.raw("GET", f"{BSS}?format={kind}").get_data()
    assert column(table(dana.raw("GET", f"{BSS}?format=csv")), "Coupon code") == ["…1234"]
    assert reveals(app) == []


@pytest.mark.parametrize("nick, path", [("dana", BSS), ("paula", STOREFRONT), ("carl", STOREFRONT)])
def test_whole_codes_are_an_act_and_each_is_recorded(world, browse, app, nick, path):
    shown = world.asset("synchronized", code="TEST-ABCD-1234")
    world.asset("failed")
    world.asset("synchronized", code="TEST-OTHER-9999", account=world.rival_customer)
    person = browse(nick)
    page = person.visit(f"{path}?status=synchronized&q=bright")
    form = next(form for form in page.soup.select("form[method=post]") if "/exports" in form["action"])
    fields = {field["name"]: field["value"] for field in form.select("input")}
    assert person.raw("POST", form["action"]).status_code == 400  # without the token
    lines = table(person.raw("POST", form["action"], data=fields))
    assert column(lines, "Coupon code") == ["TEST-ABCD-1234"]
    assert reveals(app) == [(shown.id, getattr(world, nick).name)]
    assert "ABCD" not in form["action"]


def test_who_may_not_reveal_is_offered_no_codes(world, browse):
    world.asset("synchronized")
    for nick, path in (("elena", BSS), ("vera", BSS), ("penny", STOREFRONT)):
        page = browse(nick).visit(path)
        assert "with codes" not in page.text
        assert "CSV file" in page.text


def test_what_cannot_be_recorded_is_not_sent(world, browse, app, monkeypatch):
    """The connection breaks: what came so far ends without its end."""
    monkeypatch.setattr(exports, "BATCH", 2)
    for place in range(5):
        world.asset("synchronized", code=f"TEST-CODE-{place:04}")
    dana = browse("dana")
    page = dana.visit(BSS)
    form = next(form for form in page.soup.select("form[method=post]") if "/exports" in form["action"])
    fields = {field["name"]: field["value"] for field in form.select("input")}
    parts = iter(dana.raw("POST", form["action"], data=fields, buffered=False).response)
    received = next(parts) + next(parts)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_entries RENAME TO nowhere"))
    with pytest.raises(DatabaseError):
        next(parts)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE nowhere RENAME TO audit_entries"))
    assert received.count(b"TEST-CODE") == len(reveals(app)) == 2


def test_an_older_http_says_the_end_in_a_line(world, browse):
    world.assets(3)
    dana = browse("dana")
    environment = {"SERVER_PROTOCOL": "HTTP/1.0"}
    lines = table(dana.raw("GET", f"{BSS}?format=csv", environ_overrides=environment))
    assert lines[-1] == ["End of export: 3 assets"]
    assert table(dana.raw("GET", f"{BSS}?format=csv"))[-1] != lines[-1]


def test_a_workbook_holds_numbers_dates_and_texts(world, browse):
    for name in ("{=1+1}", "=1+1"):
        world.asset("synchronized", name=name, quantity=25, purchased_on=date(2026, 3, 1))
    world.asset("synchronized", name="http://elsewhere.example/", purchased_on=date(2026, 1, 1))
    data = browse("dana").raw("GET", f"{BSS}?format=xlsx").get_data()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert sheet.findall(".//{*}f") == sheet.findall(".//{*}hyperlink") == []
    second = {cell.get("r"): cell for cell in sheet.findall(".//{*}row")[1]}
    assert "".join(second["A2"].itertext()) == "=1+1"
    assert (second["F2"].get("t", "n"), "".join(second["F2"].itertext())) == ("n", "25")
    assert "".join(second["G2"].itertext()) == str((date(2026, 3, 1) - date(1899, 12, 30)).days)


def test_too_many_for_a_workbook_leads_to_the_other_file(world, browse, monkeypatch):
    monkeypatch.setattr(asset_export, "MOST_IN_A_WORKBOOK", 2)
    world.assets(3)
    dana = browse("dana")
    page = dana.visit(f"{BSS}?format=xlsx")
    assert "Use the CSV file" in page.text
    world.assets(1, account=world.rival_customer)
    assert dana.raw("GET", f"{BSS}?format=xlsx&account={world.rival.id}").mimetype == asset_export.WORKBOOK


def test_nothing_is_a_file_with_heads_alone(world, browse):
    world.asset()
    dana = browse("dana")
    for query in ("q=zebra", "account=2147483000", f"q={'x' * 300}", "q=%00abc", "product=99999"):
        assert len(table(dana.raw("GET", f"{BSS}?{query}&format=csv"))) == 1, query


def test_a_file_being_read_holds_up_nobody(world, browse, monkeypatch):
    monkeypatch.setattr(exports, "BATCH", 2)
    world.assets(6, name="Before")
    dana = browse("dana")
    parts = iter(dana.raw("GET", f"{BSS}?format=csv", buffered=False).response)
    received = [next(parts), next(parts)]
    world.assets(2, name="Meanwhile")
    received += parts
    content = b"".join(received).decode()
    assert content.count("Before") == 6
    assert "Meanwhile" not in content


def test_a_broad_term_is_written_in_the_order_of_the_screen(world, browse, monkeypatch):
    monkeypatch.setattr("portal.services.lists.list_counts.CAP", 3)
    monkeypatch.setattr(lists, "CAP", 3)
    world.assets(5, name="Mailboxes")
    world.asset(name="Other")
    dana = browse("dana")
    page = dana.visit(f"{BSS}?q=mail&sort=name")
    lines = table(dana.raw("GET", f"{BSS}?q=mail&sort=name&format=csv"))
    shown = [row["data-asset-id"] for row in page.soup.select("tr[data-asset-id]")]
    assert [number.removeprefix("AS-") for number in column(lines, "Number")] == shown
    assert len(shown) == 5
