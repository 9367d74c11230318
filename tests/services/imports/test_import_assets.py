"""Records of assets: which are taken, which are not and why, and how they compare with the portal."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, literal, select
from sqlalchemy.exc import IntegrityError

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    Asset,
    AuditEntry,
    Coupon,
    CouponStanding,
    ImportState,
    Job,
    JobKind,
    RowResult,
    SyncStatus,
)
from portal.services import imports
from portal.services.imports import import_codes
from tests import files
from tests.files import apply, asset, bring, counts, failed, written

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def _context(app_context):
    """Services are called directly."""


@pytest.fixture
def old_world(world):
    """With the accounts of the export."""
    apply(world, bring(world, files.ACCOUNTS))
    return world


def reasons(file) -> dict[int, str]:
    lines, _ = imports.findings(file, RowResult.FAULTY, 0)
    return {line: " ".join(f"{column}: {why}" for column, why in told) for line, told in lines}


def imported(external_id: str) -> Asset | None:
    return db.session.scalar(select(Asset).where(Asset.external_id == external_id))


def test_the_export_of_a_real_system(old_world):
    file = bring(old_world, files.ASSETS)
    assert counts(file) == (385, 0, 0, 15)
    assert sorted(reasons(file)) == [19, 31, 43, 60, 75, 90, 102, 106, 133, 152, 164, 165, 179, 192, 207]
    taken = apply(old_world, file, skip_faulty=True)
    assert (taken.state, counts(taken)) == (ImportState.APPLIED, (385, 0, 0, 15))
    by_status = dict(db.session.execute(select(Asset.sync_status, func.count()).group_by(Asset.sync_status)).all())
    assert by_status == {SyncStatus.SYNCHRONIZED: 364, SyncStatus.FAILED: 21}
    assert db.session.scalar(select(func.count(Coupon.id))) == 364
    assert imported("AS-10038").name == "=SUM(A1:A9)"
    again = bring(old_world, files.ASSETS)
    assert counts(again) == (0, 385, 0, 15)


def test_nothing_waits_to_be_sent(old_world):
    apply(old_world, bring(old_world, files.ASSETS), skip_faulty=True)
    kinds = set(db.session.scalars(select(Job.kind)))
    assert JobKind.ADVANCE not in kinds


def test_a_record_with_a_code_arrives_synchronized_and_unverified(world):
    apply(world, bring(world, written([asset()])))
    row = imported("OLD-1")
    coupon = db.session.scalar(select(Coupon).where(Coupon.asset_id == row.id))
    assert (row.sync_status, row.is_imported, row.attempts_made, row.version) == (SyncStatus.SYNCHRONIZED, True, 0, 1)
    assert (row.account_id, row.billed_account_id, row.branch_id) == (
        world.customer.id, world.partner.id, world.partner.id,
    )  # fmt: skip
    assert (row.purchased_on, row.redeem_by) == (date(2024, 12, 31), date(2025, 12, 31))
    assert row.reference.startswith("mrd-")
    assert (coupon.code, coupon.standing, coupon.is_verified) == (
        "OLDCODE0000000001", CouponStanding.RECORDED, False,
    )  # fmt: skip


def test_each_asset_has_its_rows_in_the_record(world):
    apply(world, bring(world, written([asset(), failed(2)]), name="old.csv"))
    query = select(AuditEntry).where(AuditEntry.subject == "asset").order_by(AuditEntry.subject_id, AuditEntry.id)
    told = [(entry.actor, entry.act, entry.field, entry.after, entry.why) for entry in db.session.scalars(query)]
    assert told == [
        ("Dana Markou", "import", "sync_status", "synchronized", "Imported from old.csv, line 2"),
        ("Dana Markou", "import", "code", "•••• 0001", "Imported from old.csv, line 2"),
        ("Dana Markou", "import", "sync_status", "failed", "Imported from old.csv, line 3"),
    ]


BAD = [
    ({"Asset_ID": ""}, "Asset ID: It is empty"),
    ({"Asset_ID": "x" * 41}, "at most 40 characters"),
    ({"Name": "x" * 121}, "Name: Use at most 120 characters"),
    ({"Name": "a\x1bb"}, "Name: It holds bytes or control characters"),
    ({"Name": "a\ufffdb"}, "got lost on the way"),
    ({"Product": "Nothing of ours"}, "no product called “Nothing of ours”"),
    ({"Product": ""}, "Product: It is empty"),
    ({"Customer_Code": "NOBODY"}, "no account “NOBODY”"),
    ({"Customer_Code": "DIST-1", "Billing_To_Code": "DIST-1"}, "The distributor itself holds no assets"),
    ({"Billing_To_Code": "NOBODY"}, "Billing To Code: There is no account “NOBODY”"),
    ({"Billing_To_Code": "RIVERA"}, "BRIGHT is billed to NORTH"),
    ({"Billing_To_Code": "BRIGHT"}, "BRIGHT is billed to NORTH"),
    ({"Billing_To_Code": ""}, "Billing To Code: It is empty"),
    *(({"Quantity": text}, "Quantity: ") for text in ("", "0", "-5", "ten", "1,000", "5.0", "1e3", "٣", "9" * 30)),
    *(({"Expire": text}, "Expire(days): ") for text in ("0", "3651", "")),
    *(({"Validity": text}, "Validity(days): ") for text in ("0", "3651", "x")),
    ({"Purchase_Date": ""}, "Purchase Date: It is empty"),
    ({"Purchase_Date": "31/02/2025"}, "not in the calendar"),
    ({"Purchase_Date": "2025-02-30"}, "not in the calendar"),
    ({"Purchase_Date": "12/31/2024"}, "the day comes first"),
    ({"Purchase_Date": "31/12/24"}, "no year of four digits"),
    ({"Purchase_Date": "2024/12/31"}, "is no date"),
    ({"Purchase_Date": "yesterday"}, "is no date"),
    ({"Purchase_Date": "31/12/1999"}, "before the year 2000"),
    ({"Purchase_Date": "31/12/2124"}, "lies in the future"),
    ({"Status": "Synchronised?"}, "is not known. Write Synchronized or Failed"),
    ({"Status": ""}, "Provisioning Sync Status: It is empty"),
    ({"Status": "Synchronizing"}, "is no result"),
    ({"Status": "Unconfirmed"}, "is no result"),
    ({"Coupon": ""}, "It is Synchronized, but has no coupon code"),
    ({"Status": "Failed"}, "It is Failed, but has a coupon code"),
    ({"Coupon": "WITH A SPACE"}, "A code has no spaces inside"),
    ({"Coupon": "x" * 129}, "at most 128 characters"),
    ({"Coupon": "…1234"}, "The code is masked"),
    ({"Coupon": "MSPC****1234"}, "The code is masked"),
    *(({"Coupon": text}, "That is no coupon code. Leave it empty") for text in ("N/A", "null", "-", "--")),
    ({"Name": "a\0b"}, "Name: It holds bytes or control characters"),
    ({"Quantity": "\x1b[2J\0"}, "Quantity: “\ufffd[2J\ufffd” is no whole number"),
]


def test_what_cannot_be_taken_is_said_by_line_and_column(world):
    file = bring(world, written([asset(number, **cells) for number, (cells, _) in enumerate(BAD)]))
    said = reasons(file) | {
        line: " ".join(f"{column}: {why}" for column, why in told)
        for line, told in imports.findings(file, RowResult.FAULTY, 51)[0]
    }
    missing = [
        f"line {line}: {said.get(line)}" for line, (_, why) in enumerate(BAD, 2) if why not in said.get(line, "")
    ]
    assert missing == []
    assert file.faulty_count == len(BAD)
    assert all(text.isprintable() for text in said.values()), "a reason never moves a terminal"
    assert not any("WITH A SPACE" in text or "OLDCODE" in text for text in said.values()), (
        "a reason never repeats a code"
    )


def test_all_that_is_wrong_with_a_row_is_said_at_once(world):
    file = bring(world, written([asset(Quantity="ten", Purchase_Date="", Customer_Code="NOBODY")]))
    told = imports.findings(file, RowResult.FAULTY, 0)[0][0][1]
    assert {column for column, _ in told} == {"Quantity", "Purchase Date", "Customer Code"}


@pytest.mark.parametrize(
    ("text", "day"),
    [("1/2/2024", date(2024, 2, 1)), ("01.02.2024", date(2024, 2, 1)), ("01-02-2024", date(2024, 2, 1)),
     ("2024-02-01", date(2024, 2, 1)), ("29/02/2024", date(2024, 2, 29)),
     ("2024-02-01T00:00:00", date(2024, 2, 1)), ("01/02/2024 00:00", date(2024, 2, 1))],
)  # fmt: skip
def test_dates_are_day_first_or_iso(world, text, day):
    apply(world, bring(world, written([asset(Purchase_Date=text)])))
    assert imported("OLD-1").purchased_on == day


@pytest.mark.parametrize("name", ["Süd\nNord", "صناديق البريد של קרל", "🙂🏳️‍🌈", "=1+1", "+ 20 extra", "x" * 120, "-"])
def test_unusual_names_are_kept(world, name):
    apply(world, bring(world, written([asset(Name=name)])))
    assert imported("OLD-1").name == name.replace("\n", " ")


def test_an_empty_name_is_the_products(world):
    apply(world, bring(world, written([asset(Name="")])))
    assert imported("OLD-1").name == "BitTitan Mailbox License"


def test_one_code_or_number_on_several_lines_refuses_them_all(world):
    same_number = [asset(1), asset(2, Asset_ID="OLD-1"), asset(3, Asset_ID="old-1", Quantity="ten")]
    same_code = [asset(4), asset(5, Coupon="OLDCODE0000000004")]
    file = bring(world, written([*same_number, *same_code, asset(6)]))
    assert counts(file) == (1, 0, 0, 5)
    assert "first on line 2" in reasons(file)[3]
    assert "BitTitan's Coupon Code: It is on 2 lines, first on line 5" in reasons(file)[6]


def test_one_number_stands_for_one_asset_whatever_its_case(world):
    apply(world, bring(world, written([asset(Asset_ID="Old-ß1")])))
    again = [asset(Asset_ID="OLD-SS1"), asset(2, Asset_ID="ＯＬＤ－2"), asset(3, Asset_ID="old-2")]
    assert counts(bring(world, written(again))) == (0, 1, 0, 2)
    assert counts(bring(world, written([asset(Asset_ID="old-ß1", Quantity="7")]))) == (0, 0, 1, 0)


def test_a_line_of_another_length_is_refused(world):
    content = written([asset(1), asset(2), asset(3)]).decode().splitlines()
    content[1] += ",too much"
    content[2] = content[2].rsplit(",", 3)[0]
    file = bring(world, "\n".join(content).encode())
    assert counts(file) == (1, 0, 0, 2)
    assert "12 cells, the heading 11" in reasons(file)[2]
    assert "after 8 of 11 cells" in reasons(file)[3]


def test_a_code_that_stands_in_the_portal_is_refused(world):
    other = world.asset("synchronized", code="TAKEN1")
    with transaction():
        row = Coupon(code="TAKEN2", asset_id=other.id, standing=CouponStanding.SURPLUS, recorded_at=clock.now())
        db.session.add(row)
    file = bring(world, written([asset(1, Coupon="TAKEN1"), asset(2, Coupon="TAKEN2")]))
    assert counts(file) == (0, 0, 0, 2)
    assert f"recorded with AS-{other.id}" in reasons(file)[2]
    assert "surplus register" in reasons(file)[3]


def test_what_differs_is_left_alone(world):
    apply(world, bring(world, written([asset(1), failed(2), asset(3)])))
    file = bring(world, written([asset(1, Name="Other"), asset(2, Quantity="26"), asset(3)]))
    assert counts(file) == (0, 1, 2, 0)
    told = {line: [column for column, _ in each] for line, each in imports.findings(file, RowResult.DIFFERS, 0)[0]}
    assert told == {2: ["Name"], 3: ["Quantity", "Provisioning Sync Status", "BitTitan's Coupon Code"]}
    assert "OLDCODE" not in str(imports.findings(file, RowResult.DIFFERS, 0))
    assert apply(world, file).state is ImportState.APPLIED
    assert (imported("OLD-1").name, imported("OLD-2").sync_status) == ("Mailboxes", SyncStatus.FAILED)


def test_an_account_that_moved_leaves_its_imported_assets_as_they_are(world):
    apply(world, bring(world, written([asset()])))
    world.edit(world.customer, parent_id=world.rival.id, branch_id=world.rival.id)
    assert counts(bring(world, written([asset()]))) == (0, 1, 0, 0)


def test_products_are_found_by_name_whatever_its_case(world):
    assert counts(bring(world, written([asset(Product="BITTITAN mailbox LICENSE")]))) == (1, 0, 0, 0)


def test_of_two_products_with_one_name_the_one_on_sale_is_meant(world):
    twin = world.mailbox
    with transaction():
        other = type(twin)(
            code="TWIN", name=twin.name, type_id=twin.type_id, expire_days=1, validity_days=1, created_at=clock.now()
        )
        db.session.add(other)
    assert "Several products" in reasons(bring(world, written([asset()])))[2]
    world.edit(other, withdrawn_at=clock.now())
    apply(world, bring(world, written([asset()])))
    assert imported("OLD-1").product_id == twin.id


def applied_after(file, change):
    """`change` happens between the comparison and the lock, once."""
    imports.ask_to_apply(file, skip_faulty=False, by=None)
    looks = iter([lambda: None, change])
    imports.apply(imports.one(file.id), lambda: next(looks, lambda: None)())
    return imports.one(file.id)


def test_a_code_that_is_recorded_while_it_is_applied_is_not_recorded_twice(world):
    """The look under the lock finds it; the row is refused then, and everything else waits for a decision."""
    file = bring(world, written([asset(1), asset(2)]))
    after = applied_after(file, lambda: world.asset("synchronized", code="OLDCODE0000000002"))
    assert (after.state, counts(after)) == (ImportState.READ, (1, 0, 0, 1))
    assert "nothing was changed" in after.problem
    assert imported("OLD-1") is None
    assert apply(world, after, skip_faulty=True).state is ImportState.APPLIED
    assert imported("OLD-1").sync_status is SyncStatus.SYNCHRONIZED
    assert imported("OLD-2") is None


def test_an_account_that_moves_while_it_is_applied_is_looked_at_anew(world):
    file = bring(world, written([asset(Customer_Code="HARBOUR", Billing_To_Code="HARBOUR")]))
    moved = {"parent_id": world.partner.id, "branch_id": world.partner.id}
    after = applied_after(file, lambda: world.edit(world.direct_customer, **moved))
    assert (after.state, after.faulty_count) == (ImportState.READ, 1)
    assert "HARBOUR is billed to NORTH" in reasons(after)[2]


def test_the_place_that_records_codes_records_one_for_each_asset(world):
    apply(world, bring(world, written([asset()])))
    told = {"asset_id": imported("OLD-1").id, "code": "ANOTHER", "mask": "HER", "quantity": 1, "why": "for no reason"}
    codes = select(*(literal(value).label(name) for name, value in told.items()))
    with pytest.raises(IntegrityError), transaction():
        import_codes.record_imported_codes(codes, by="test", now=clock.now())
    assert db.session.scalar(select(func.count(Coupon.id))) == 1


def test_the_purchase_date_may_be_today(world):
    today = clock.today()
    file = bring(world, written([asset(1, Purchase_Date=today.isoformat()),
                                 asset(2, Purchase_Date=(today + timedelta(days=2)).isoformat())]))  # fmt: skip
    assert counts(file) == (1, 0, 0, 1)
