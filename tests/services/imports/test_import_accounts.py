"""Records of accounts: the tree that they make, and what does not fit into it."""

import pytest
from sqlalchemy import func, select

from portal.core import access
from portal.extensions import db
from portal.models import Account, AccountKind, AuditEntry, ImportState, RowResult
from portal.services import imports
from tests import files
from tests.files import account, apply, bring, counts, written

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def _context(app_context):
    """Services are called directly."""


def reasons(file) -> dict[int, str]:
    lines, _ = imports.findings(file, RowResult.FAULTY, 0)
    return {line: " ".join(f"{column}: {why}" for column, why in told) for line, told in lines}


def test_the_export_of_a_real_system(world):
    before = db.session.scalar(select(func.count(Account.id)))
    file = bring(world, files.ACCOUNTS)
    assert counts(file) == (132, 1, 0, 0)
    assert db.session.scalar(select(func.count(Account.id))) == before
    assert apply(world, file).state is ImportState.APPLIED
    partner, customer = access.account_by_code("PART-001"), access.account_by_code("CUST-0001")
    direct = access.account_by_code("CUST-0004")
    assert (partner.parent_id, partner.branch_id) == (world.distributor.id, partner.id)
    assert (customer.parent_id, customer.branch_id) == (partner.id, partner.id)
    assert (direct.parent_id, direct.branch_id) == (world.distributor.id, direct.id)
    assert access.account_by_code("PART-010").name == 'Delta 9 "Nine" Consulting'
    assert (customer.bittitan_email, customer.organization_id, customer.currency) == (
        "it@customer1.example", None, "EUR",
    )  # fmt: skip
    assert counts(bring(world, files.ACCOUNTS)) == (0, 133, 0, 0)


@pytest.mark.parametrize("own", ["DIST-1", "OTHER-9"])
def test_the_files_distributor_stands_for_the_portals_own(world, own):
    """Whatever its code here and there, and whatever else its row says."""
    world.edit(world.distributor, code=own)
    rows = [account("D-7", Type="distributor", Parent_Code="", Name="Somebody", Currency="?"),
            account("P-1", Type="partner", Parent_Code="D-7"), account("C-1", Parent_Code=own)]  # fmt: skip
    file = bring(world, written(rows))
    assert counts(file) == (2, 1, 0, 0)
    apply(world, file)
    assert access.account_by_code("P-1").parent_id == world.distributor.id
    assert access.account_by_code("C-1").parent_id == world.distributor.id
    assert (access.account_by_code("D-7"), world.reload(world.distributor).name) == (None, "Meridian Distribution")
    assert counts(bring(world, written(rows))) == (0, 3, 0, 0)


def test_children_may_stand_above_their_parents(world):
    rows = [account("C-1", Parent_Code="p-1"), account("P-1", Type="Partner", Parent_Code="dist-1")]
    apply(world, bring(world, written(rows)))
    assert access.account_by_code("C-1").parent_id == access.account_by_code("P-1").id


BAD = [
    (account("a b"), "A code has no spaces"),
    (account("x" * 41), "at most 40 characters"),
    (account(""), "Code: It is empty"),
    (account("A1", Name=""), "Name: Enter a name"),
    (account("A2", Name="x" * 201), "at most 200 characters"),
    (account("A3", Type="reseller"), "“reseller” is not known"),
    (account("A4", Parent_Code=""), "Parent Code: It is empty"),
    (account("A5", Parent_Code="NOBODY"), "no account “NOBODY”, neither in the portal nor in the file"),
    (account("A6", Parent_Code="BRIGHT"), "A customer belongs to a partner"),
    (account("A7", Type="partner"), "A partner belongs directly to the distributor"),
    (account("A8", Parent_Code="A8"), "A customer belongs to a partner"),
    (account("A9", Type="partner", Parent_Code="A9"), "A partner belongs directly to the distributor"),
    (account("B1", Parent_Code="B2"), "A customer belongs to a partner"),
    (account("B2", Parent_Code="B1"), "A customer belongs to a partner"),
    (account("B3", Type="partner", Parent_Code="DIST-1", Currency="XXXX"), "“XXXX” is no currency"),
    (account("B4", Parent_Code="B3"), "“B3”, on line 16, cannot be taken itself"),
    (account("B5", Currency=""), "Currency: It is empty"),
    (account("B6", Country="Atlantis"), "“Atlantis” is no country"),
    (account("B7") | {"BitTitan E-mail": "nobody"},
     "BitTitan E-mail: “nobody” is no e-mail address"),
    (account("B8", VAT="x" * 41), "VAT Number: Use at most 40 characters"),
    (account("QUAY", Type="distributor", Parent_Code=""), "another account’s in the portal"),
    (account("RETIRED-1", Parent_Code="RIVERA"), "“RIVERA” is disabled"),
]  # fmt: skip


def test_what_cannot_be_taken_is_said_by_line_and_column(world):
    world.edit(world.rival, disabled_at=world.rival.created_at)
    file = bring(world, written([row for row, _ in BAD]))
    said = reasons(file)
    missing = [
        f"line {line}: {said.get(line)}" for line, (_, why) in enumerate(BAD, 2) if why not in said.get(line, "")
    ]
    assert missing == []
    assert file.faulty_count == len(BAD)


def test_codes_that_differ_in_case_are_one(world):
    file = bring(world, written([account("new-1"), account("NEW-1"), account("bright", Name="Brightwood Dental")]))
    assert counts(file) == (0, 0, 1, 2)


def test_two_distributors_are_refused(world):
    rows = [account(code, Type="distributor", Parent_Code="") for code in ("D-1", "D-2")]
    assert "more than one distributor" in reasons(bring(world, written(rows)))[3]


def test_only_columns_that_are_there_are_compared(world):
    heads = ["CODE", " name ", "type", "parent  code", "Currency", "Notes", "Reason"]
    rows = [{"CODE": "BRIGHT", " name ": "Brightwood Dental", "type": "customer", "parent  code": "NORTH",
             "Currency": "EUR", "Notes": "x", "Reason": "y"}]  # fmt: skip
    file = bring(world, written(rows, heads=heads))
    assert counts(file) == (0, 1, 0, 0)
    assert file.ignored == ["Notes"]
    rows[0][" name "] = "Dark"
    file = bring(world, written(rows, heads=heads))
    lines, _ = imports.findings(file, RowResult.DIFFERS, 0)
    assert lines == [(2, [["Name", "“Brightwood Dental” in the portal"]])]


def test_each_account_has_its_row_in_the_record(world):
    apply(world, bring(world, written([account()]), name="old.csv"))
    made = access.account_by_code("NEW-1")
    query = select(AuditEntry).where(AuditEntry.subject == "account", AuditEntry.subject_id == made.id)
    (entry,) = db.session.scalars(query)
    assert (entry.actor, entry.act, entry.after, entry.why) == (
        "Dana Markou", "created", "NEW-1, Newcomer", "Imported from old.csv, line 2",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Code,Name,Type\nA,B,C\n", "These columns are missing: Parent Code, Currency."),
        (b"Code,Code,Name,Type,Parent Code,Currency\n", "are there twice: Code"),
        (b"hello\n", "The first line has to name the columns"),
        (b"Code,Name,Type,Parent Code,Currency\n", "has a heading, but no records"),
    ],
)
def test_what_is_no_list_of_ours_is_refused_in_a_sentence(world, content, sentence):
    file = bring(world, content)
    assert file.state is ImportState.UNREADABLE
    assert sentence in file.problem


def test_without_a_distributor_nothing_can_hang_anywhere(app):
    row = imports.begin("accounts.csv", 1)
    imports.read(row, lambda: (files.DATA / "accounts-export.csv").open("rb"))
    row = imports.one(row.id)
    assert row.state is ImportState.UNREADABLE
    assert "no distributor yet" in row.problem
    assert db.session.scalar(select(func.count(Account.id)).where(Account.kind == AccountKind.PARTNER)) == 0
