"""What invoices need to know of an account: rules, who decides, proposals, and the record."""

import pytest
from sqlalchemy import select

from portal.core.errors import InvalidInput, NotAllowed
from portal.extensions import db
from portal.models import Account, AuditEntry, InvoiceDelivery, InvoiceRhythm, TaxCategory
from portal.services import accounts
from portal.services.ordering import drafts, submission
from portal.services.ordering.drafts import LineInput
from portal.services.tax import proposals, tax_codes

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def in_context(world, app):
    with app.app_context():
        yield


def stored(world) -> Account:
    return db.session.get(Account, world.direct_customer.id, populate_existing=True)


def edit(world, by=None, **details):
    row = stored(world)
    return accounts.edit(row, version=row.version, details=details, by=by or world.dana)


def test_the_staff_decides_and_the_record_names_the_code(world):
    world.tax_code(code="GR-24", category=TaxCategory.STANDARD, rate=2400, reasons={})
    assert edit(world, tax_code="gr-24", invoice_rhythm="monthly", invoice_delivery="portal").is_changed
    row = stored(world)
    assert (row.tax_code.code, row.invoice_rhythm, row.invoice_delivery) == (
        "GR-24", InvoiceRhythm.MONTHLY, InvoiceDelivery.PORTAL,
    )  # fmt: skip
    query = select(AuditEntry).where(AuditEntry.subject == "account", AuditEntry.subject_id == row.id)
    entries = {(each.field, each.before, each.after) for each in db.session.scalars(query)}
    assert {("tax_code", None, "GR-24"), ("invoice_rhythm", "order", "monthly")} <= entries
    assert not edit(world, tax_code="GR-24").is_changed
    assert edit(world, tax_code="").is_changed
    assert stored(world).tax_code is None


def test_a_retired_tax_code_stays_but_is_not_given(world):
    code = world.tax_code(code="OLD")
    edit(world, tax_code="OLD")
    tax_codes.retire(code, version=1, by=world.dora)
    assert edit(world, tax_code="OLD", print_name="Harbour School e.V.").is_changed
    edit(world, tax_code="")
    with pytest.raises(InvalidInput) as refused:
        edit(world, tax_code="OLD")
    assert refused.value.field == "tax_code"


@pytest.mark.parametrize("field", ["tax_code", "print_name", "buyer_reference", "invoice_rhythm"])
def test_a_partner_decides_none_of_it(world, field):
    row = db.session.get(Account, world.customer.id)
    world.tax_code(code="AE")
    given = {"tax_code": "AE", "invoice_rhythm": "monthly"}.get(field, "x1")
    with pytest.raises(NotAllowed):
        accounts.edit(row, version=row.version, details={field: given}, by=world.paula)


@pytest.mark.parametrize(
    "field, text",
    [
        ("tax_code", "NOWHERE"),
        ("tax_code", "a\x00b"),
        ("tax_code", "x" * 41),
        ("buyer_reference", "04011000-1234512345-07"),
        ("electronic_address", "DE136695976"),
        ("electronic_address", "0088:"),
        ("electronic_address", "ZZ:1"),
        ("invoice_rhythm", "weekly"),
        ("invoice_delivery", "fax"),
        ("print_name", "x" * 201),
    ],
)
def test_what_cannot_be_meant_is_refused_beside_its_field(world, field, text):
    with pytest.raises(InvalidInput) as refused:
        edit(world, **{field: text})
    assert refused.value.field == field


@pytest.mark.parametrize(
    "field, text",
    [
        ("buyer_reference", "04011000-1234512345-06"),
        ("buyer_reference", "PO 2026-001-12"),
        ("electronic_address", "9930:DE136695976"),
        ("electronic_address", "EM:invoices@harbour.example"),
        ("print_name", "Σχολείο Λιμανιού"),
    ],
)
def test_what_invoices_need_is_kept(world, field, text):
    edit(world, **{field: text})
    assert getattr(stored(world), field) == text


SELLER = "GR"


@pytest.mark.parametrize(
    "country, vat, code",
    [
        ("GR", None, "GR-24"),
        ("GR", "EL094014201", "GR-24"),
        ("DE", "DE136695976", "AE"),
        ("DE", "136695976", None),
        ("DE", "DE136695977", None),
        ("DE", None, None),
        ("DE", "EL094014201", None),
        ("US", "12-3", "O"),
        ("GB", "GB980780684", "O"),
        (None, "DE136695976", None),
    ],
)
def test_a_tax_code_is_proposed(world, country, vat, code):
    world.tax_code(code="GR-17", category=TaxCategory.STANDARD, rate=1700, reasons={})
    world.tax_code(code="GR-24", category=TaxCategory.STANDARD, rate=2400, reasons={})
    world.tax_code(code="AE")
    world.tax_code(code="O", category=TaxCategory.OUTSIDE)
    world.edit(world.direct_customer, country=country, vat_number=vat)
    proposal = proposals.propose(SELLER, stored(world), tax_codes.usable())
    assert (proposal.tax_code and proposal.tax_code.code) == code
    assert proposal.why


def test_nothing_is_proposed_without_a_country_or_a_fitting_code(world):
    world.edit(world.direct_customer, country="GR")
    assert proposals.propose(None, stored(world), []).tax_code is None
    proposal = proposals.propose(SELLER, stored(world), [])
    assert (proposal.tax_code, "category S" in proposal.why) == (None, True)


@pytest.mark.parametrize("is_decided, kept", [(True, "GR-24"), (False, "DOY")])
def test_an_order_line_keeps_the_payers_tax_code_or_the_text_of_before(world, is_decided, kept):
    code = world.tax_code(code="GR-24", category=TaxCategory.STANDARD, rate=2400, reasons={})
    world.edit(world.partner, tax_text="DOY", tax_code_id=code.id if is_decided else None)
    order = drafts.add_to_basket(LineInput(world.mailbox.id, 25), by=world.paula)
    sent = submission.submit(order, version=order.version, seen=[(1190, "EUR")], by=world.paula)
    assert [line.tax_code for line in sent.lines] == [kept]
