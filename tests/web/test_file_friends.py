"""What the portal exports can be brought back as it is: each row is already there, and nothing changes."""

import csv
import io
import unicodedata
import zipfile
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from portal.core import access
from portal.extensions import db
from portal.models import Account, AccountKind, Asset, ImportState, RowResult, SyncStatus
from portal.services import imports
from portal.services.accounts import account_merges
from tests.files import apply, asset, bring, counts, failed, written

pytestmark = pytest.mark.sqlite

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


def test_a_file_holds_what_an_invoice_needs(old_world, browse):
    by_name = {line["Name"]: line for line in lines(browse("dana").raw("GET", f"{BSS}?format=csv").get_data())}
    told = ("Customer code", "Billing to code", "Old number", "Expire (days)", "Validity (days)")
    assert [by_name["'=1+1"][head] for head in told] == ["BRIGHT", "NORTH", "OLD-1", "365", "180"]
    told = ("Customer code", "Billing to code", "Old number", "Unit price", "Currency", "Total")
    assert [by_name["'+49"][head] for head in told] == ["HARBOUR", "HARBOUR", "", "11.90", "EUR", "297.50"]


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


NAMES = (
    "Ελληνική Εταιρεία Α.Ε.", "شركة النور للتجارة", "株式会社サンプル", "=SUM(A1:A9)", "+49 Telefon", "-Minus & Co",
    "@home", "'-quoted", '"=1"; “x”', "Müller, Söhne; =2+2", "a\u00a0b", "e\u0301 composed", "100%", "x" * 200,
)  # fmt: skip


def accounts_with_all_fields(world) -> None:
    code = world.tax_code(code="Ä-19")
    for place, name in enumerate(NAMES):
        world.account(
            parent=(world.partner, world.distributor, world.rival)[place % 3], name=name, code=f"=Ä-{place}/ß",
            bittitan_email=f"it{place}@müller.example", billing_email=f"o'bill+{place}@xn--mller-kva.example",
            country=(None, "GR", "AE")[place % 3], currency=("EUR", "JPY", "KWD")[place % 3],
            vat_number=(None, "EL 094.259.216", "+1-2")[place % 3], tax_text=(None, "-S19")[place % 2],
            address=(None, "=Straße 1; +2\n10115 Berlin", "One line")[place % 3],
            postcode=(None, "01067", "-1 A")[place % 3], city=(None, "=Москва; 1", "e\u0301vora")[place % 3],
            contact_email=(None, "-a@müller.example")[place % 2],
            tax_code_id=(None, None, code.id)[place % 3], print_name=(None, "=Σ & Co")[place % 2],
            buyer_reference=(None, "04011000-1234512345-06")[place % 2],
            electronic_address=(None, "0088:4012345000009")[place % 2],
            invoice_rhythm=("order", "monthly")[place % 2], invoice_delivery=("mail", "portal")[place % 2],
            language=("en", "de", "pt_BR")[place % 3], credit_limit=(None, 0, 1_234_567)[place % 3],
        )  # fmt: skip


def test_accounts_go_into_an_empty_portal_and_come_out_the_same(world, browse):
    accounts_with_all_fields(world)
    dana = browse("dana")
    before = dana.raw("GET", "/accounts?format=csv").get_data()
    with world.transaction():
        for row in Account.query.filter(Account.name.in_(NAMES)):
            db.session.delete(row)
    with world.app.app_context():
        file = apply(world, bring(world, before))
        assert file.new_count == len(NAMES), findings(world, file)
    after = dana.raw("GET", "/accounts?format=csv").get_data()
    usual = unicodedata.normalize("NFC", before.decode()).replace("xn--mller-kva", "müller")  # as all forms spell them
    assert after.decode() == usual
    row = lines(before)[-2]
    assert (row["Credit Limit"], row["Language"]) in {("", "en"), ("0", "de"), ("1234.567", "pt_BR")}


@pytest.mark.parametrize(
    ("cell", "typed", "sentence"),
    [
        ("Credit Limit", "1,5", "Credit Limit: “1,5”: It may be a thousand or a fraction."),
        ("Credit Limit", "lots", "Credit Limit: “lots”: Enter an amount"),
        ("Language", "Klingon", "Language: “Klingon” is no language."),
        ("Address", "x" * 501, "Address: Use at most 500 characters."),
        ("Address", "a\x07", "Address: "),
        ("Postcode", "x" * 21, "Postcode: Use at most 20 characters."),
        ("City", "x" * 101, "City: Use at most 100 characters."),
        ("Contact E-mail", "nobody", "Contact E-mail: “nobody” is no e-mail address."),
    ],
)
def test_a_detail_of_an_account_that_cannot_be_kept_is_named(world, cell, typed, sentence):
    heads = ["Code", "Name", "Type", "Parent Code", "Currency", cell]
    row = dict(zip(heads, ["NEW-1", "New", "customer", "NORTH", "EUR", typed], strict=True))
    file = bring(world, written([row], heads=heads))
    _line, told = findings(world, file)[0][0]
    assert sentence in " ".join(": ".join(each) for each in told)


def test_accounts_of_any_name_with_all_fields_are_already_there(world, browse):
    """Also after one of them was merged into another."""
    accounts_with_all_fields(world)
    merge(world, world.account(parent=world.partner, code="OLD-1"), world.customer)
    content = browse("dana").raw("GET", "/accounts?format=csv").get_data()
    file = bring(world, content)
    assert counts(file) == (0, len(NAMES) + 6, 0, 0), findings(world, file)


def test_a_file_may_still_hold_the_code_of_a_merged_account(world, browse):
    """Of an account, of the one above it, and of the account of an asset."""
    dana = browse("dana")
    partner = world.account("partner", code="OLD-P", organization_id=world.partner.organization_id)
    customer = world.account(parent=partner, code="OLD-C", name="Goes along")
    asset_row = asset(1, **{"Customer Code": "OLD-C", "Billing To Code": "OLD-P"})
    old = dana.raw("GET", "/accounts?format=csv").get_data()
    merge(world, partner, world.partner)
    new = written([{"Code": "NEW-1", "Name": "New", "Type": "customer", "Parent Code": "old-p", "Currency": "EUR"}])
    assert bring(world, new).new_count == 1
    with world.app.app_context():
        apply(world, bring(world, new))
        made = access.account_by_code("NEW-1")
        assert (made.parent_id, made.branch_id) == (world.partner.id, world.partner.id)
    file = bring(world, old)
    assert (file.new_count, file.faulty_count, file.differs_count) == (0, 0, 1)
    with world.app.app_context():
        assert "Merged into NORTH Northlight IT in the portal" in str(imports.findings(file, RowResult.DIFFERS, 0))
    with world.app.app_context():
        apply(world, bring(world, written([asset_row])))
        found = db.session.scalars(select(Asset).where(Asset.account_id == customer.id)).one()
        assert (found.branch_id, found.billed_account_id) == (world.partner.id, world.partner.id)


def merge(world, merged, kept) -> None:
    with world.app.app_context():
        one, other = (db.session.get(Account, row.id) for row in (merged, kept))
        versions = one.version, other.version
        account_merges.merge(one, other, versions=versions, why="Entered twice", by=world.dana)


def test_accounts_are_exported_as_far_as_they_are_seen(old_world, browse):
    rows = {row["Code"]: row for row in lines(browse("paula").raw("GET", "/accounts?format=csv").get_data())}
    assert set(rows) == {"NORTH", "BRIGHT"}
    assert (rows["NORTH"]["Parent Code"], rows["BRIGHT"]["Parent Code"]) == ("", "NORTH")
    assert "Credit Limit" not in rows["NORTH"]
    assert "location" in browse("carl").raw("GET", "/accounts?format=csv").headers
