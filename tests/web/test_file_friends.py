"""What the portal exports can be brought back as it is: each row is already there, and nothing changes."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest

from portal.models import AccountKind, ImportState, RowResult, SyncStatus
from portal.services import imports
from tests.files import apply, asset, bring, counts, failed, written

BSS = "/bss/billing/assets"
ENDS = {"SERVER_PROTOCOL": "HTTP/1.0"}


@pytest.fixture
def old_world(world):
    """One asset in each status, of each kind of account, imported and ordered, with names that a spreadsheet runs."""
    with world.app.app_context():
        apply(world, bring(world, written([asset(1, Name="=1+1"), failed(2, Name="'-Licences;=2")])))
    for place, status in enumerate(SyncStatus):
        world.asset(status.value, name=f"Name {place}, “{place}”", purchased_on=date(2026, 3, 1 + place), quantity=1200)
    world.asset("synchronized", code="AB", name="Short code")
    world.asset("synchronized", account=world.direct_customer, name="+49")
    world.asset("failed", account=world.rival_customer)
    return world


def lines(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def findings(world, file) -> list:
    with world.app.app_context():
        return [imports.findings(file, verdict, 0)[0] for verdict in (RowResult.FAULTY, RowResult.DIFFERS)]


@pytest.mark.parametrize("environment", [{}, ENDS], ids=["HTTP/1.1", "HTTP/1.0"])
def test_an_export_of_assets_is_already_there(old_world, browse, environment):
    content = browse("dana").raw("GET", f"{BSS}?format=csv", environ_overrides=environment).get_data()
    file = bring(old_world, content)
    assert (file.state, file.problem) == (ImportState.READ, None)
    assert counts(file) == (0, 10, 0, 0), findings(old_world, file)
    with old_world.app.app_context():
        assert "codes are masked" in " ".join(imports.told(file))


@pytest.mark.parametrize("place", ["partner", "customer", "direct_customer"])
def test_so_is_one_from_an_account(old_world, browse, place):
    content = browse("dana").raw("GET", f"/accounts/{getattr(old_world, place).id}?format=csv").get_data()
    file = bring(old_world, content)
    assert (file.new_count, file.same_count, file.differs_count, file.faulty_count) == (0, len(lines(content)), 0, 0)
    assert lines(content)


def test_so_is_one_with_codes(old_world, browse):
    dana = browse("dana")
    content = dana.raw("POST", f"{BSS}/exports", data={"csrf_token": dana.token()}).get_data()
    assert "OLDCODE0000000001" in content.decode()
    file = bring(old_world, content)
    assert counts(file) == (0, 10, 0, 0), findings(old_world, file)


def test_so_is_a_workbook_that_a_spreadsheet_saves_as_csv(old_world, browse):
    data = browse("dana").raw("GET", f"{BSS}?format=xlsx").get_data()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    rows = [{cell.get("r").rstrip("0123456789"): "".join(cell.itertext()) for cell in row}
            for row in sheet.iterfind(".//{*}row")]  # fmt: skip
    read = [{head: row.get(place, "") for place, head in rows[0].items()} for row in rows[1:]]
    for row in read:
        for head in ("Purchased", "Redeem by"):
            row[head] = str(date(1899, 12, 30) + timedelta(days=int(row[head])))
    file = bring(old_world, written(read, delimiter=";"))
    assert counts(file) == (0, 10, 0, 0), findings(old_world, file)


@pytest.mark.sqlite
def test_a_file_holds_what_an_invoice_needs(old_world, browse):
    by_name = {line["Name"]: line for line in lines(browse("dana").raw("GET", f"{BSS}?format=csv").get_data())}
    told = ("Customer code", "Billing to code", "Old number", "Expire (days)", "Validity (days)")
    assert [by_name["'=1+1"][head] for head in told] == ["BRIGHT", "NORTH", "OLD-1", "365", "180"]
    told = ("Customer code", "Billing to code", "Old number", "Unit price", "Currency", "Total")
    assert [by_name["'+49"][head] for head in told] == ["HARBOUR", "HARBOUR", "", "11.90", "EUR", "297.50"]


@pytest.mark.sqlite
@pytest.mark.parametrize("nick", ["paula", "carl"])
def test_old_numbers_and_payers_are_the_staffs(old_world, browse, nick):
    content = browse(nick).raw("GET", "/storefront/billing/assets?format=csv").get_data()
    heads = lines(content)[0].keys()
    assert {"Old number", "Billing to code", "Billed to"}.isdisjoint(heads)
    assert ("Customer code" in heads) == (nick == "paula")
    assert b"OLD-1" not in content


def test_what_has_changed_since_differs(old_world, browse):
    content = browse("dana").raw("GET", f"{BSS}?format=csv").get_data()
    rows = lines(content)
    rows[0]["Licences"] = "7"
    file = bring(old_world, written(rows))
    assert counts(file) == (0, 9, 1, 0), findings(old_world, file)


@pytest.mark.parametrize(
    "changes, verdict, sentence",
    [
        ({"Coupon code": "…0000"}, RowResult.DIFFERS, "in the portal"),
        ({"Old number": "OLD-1"}, RowResult.FAULTY, "has another Asset ID"),
        ({"Old number": "OLD-9"}, RowResult.FAULTY, "has another Asset ID"),
        ({"Number": "AS-999999999"}, RowResult.FAULTY, "There is no AS-999999999"),
        ({"Number": "17"}, RowResult.FAULTY, "It is empty"),
        ({"Number": "", "Old number": "OLD-9"}, RowResult.FAULTY, "The code is masked. Write the whole code."),
        ({"Sync status": "Needs review"}, RowResult.DIFFERS, "synchronized"),
        ({"Sync status": "Pending"}, RowResult.FAULTY, "is no result"),
    ],
)
def test_a_row_is_compared_with_the_asset_of_its_number(old_world, browse, changes, verdict, sentence):
    all_rows = lines(browse("dana").raw("GET", f"{BSS}?format=csv&status=synchronized&q=name").get_data())
    (row,) = [row for row in all_rows if row["Name"].startswith("Name")]
    file = bring(old_world, written([row | changes]))
    with old_world.app.app_context():
        ((_line, told),), _more = imports.findings(file, verdict, 0)
    assert sentence in " ".join(why for _column, why in told)
    assert file.new_count == 0


@pytest.mark.parametrize("query", ["", "&kind=customer", "&q=o&sort=-code"])
@pytest.mark.parametrize("environment", [{}, ENDS], ids=["HTTP/1.1", "HTTP/1.0"])
def test_an_export_of_accounts_is_already_there(old_world, browse, query, environment):
    old_world.account(parent=old_world.partner, name="@Sums; =1", bittitan_email="info@müller.example", country=None)
    old_world.account(parent=old_world.partner, name="#N/A", vat_number="1.2E+11")
    old_world.account(parent=old_world.partner, disabled_at=datetime(2026, 3, 1, tzinfo=UTC))
    content = browse("dana").raw("GET", f"/accounts?format=csv{query}", environ_overrides=environment).get_data()
    rows = [row for row in lines(content) if not row["Code"].startswith("End of")]
    assert rows
    file = bring(old_world, content)
    assert counts(file) == (0, len(rows), 0, 0), findings(old_world, file)
    if "customer" in query:
        assert {row["Type"] for row in rows} == {AccountKind.CUSTOMER.value}


def test_accounts_are_exported_as_far_as_they_are_seen(old_world, browse):
    rows = {row["Code"]: row for row in lines(browse("paula").raw("GET", "/accounts?format=csv").get_data())}
    assert set(rows) == {"NORTH", "BRIGHT"}
    assert (rows["NORTH"]["Parent Code"], rows["BRIGHT"]["Parent Code"]) == ("", "NORTH")
    assert "location" in browse("carl").raw("GET", "/accounts?format=csv").headers
