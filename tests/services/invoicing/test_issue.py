"""From a delivered line to a numbered invoice that never changes."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from portal.core import billing_access
from portal.core.errors import Conflict, StaleVersion
from portal.extensions import db
from portal.models import (
    Account,
    AuditEntry,
    DocumentKind,
    Invoice,
    InvoiceDocument,
    InvoiceLine,
    InvoiceState,
    Job,
    JobKind,
    TaxCode,
)
from portal.services.invoicing import (
    documents,
    drafts,
    issuing,
    readiness,
)
from portal.services.invoicing.documents import stored_content
from tests.services.shop import at_once


def files(billing, invoice) -> dict[DocumentKind, InvoiceDocument]:
    def read():
        rows = select(InvoiceDocument).where(InvoiceDocument.invoice_id == invoice.id)
        return {row.kind: (row.sha256, bytes(row.content)) for row in db.session.scalars(rows)}

    return billing.do(read)


def test_a_delivered_line_becomes_an_invoice(billing, world):
    asset = billing.delivered(25)
    (draft,) = billing.draft(asset)
    assert (draft.state, draft.currency, draft.net) == (InvoiceState.DRAFT, "EUR", 25 * asset.unit_price)
    issued = billing.issue(draft)
    year = issued.issued_on.year
    assert (issued.number, issued.state) == (f"INV-{year}-000001", InvoiceState.ISSUED)
    assert issued.vat == (issued.net * 24 + 50) // 100
    assert (issued.gross, issued.due_on) == (issued.net + issued.vat, issued.issued_on + timedelta(days=30))
    (line,) = issued.lines
    assert (line.category.value, line.rate, line.recipient) == ("S", 2400, world.customer.name)
    assert line.description.startswith(f"AS-{asset.id} · ORD-{asset.order_id} · ")
    assert [(tax.category.value, tax.net, tax.vat) for tax in issued.taxes] == [("S", issued.net, issued.vat)]


def test_number_and_xml_are_there_together(billing):
    issued = billing.issued()
    stored = files(billing, issued)
    sha256, content = stored[DocumentKind.FACTUR_X]
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert issued.number.encode() in content
    document = billing.do(lambda: stored_content.from_json(db.session.get(Invoice, issued.id).content))
    assert document.number == issued.number
    assert b"N" + b"0" * 8 not in content
    job = billing.do(lambda: db.session.scalar(select(Job).where(Job.kind == JobKind.INVOICE_PDF)))
    assert job.subject_id == issued.id


def test_the_pdf_is_made_once(billing):
    issued = billing.issued()
    billing.do(lambda: documents.make_pdf(issued.id))
    first = files(billing, issued)[DocumentKind.PDF]
    assert first[1].startswith(b"%PDF-")
    billing.do(lambda: documents.make_pdf(issued.id))
    assert files(billing, issued)[DocumentKind.PDF] == first


def test_numbers_follow_each_other(billing):
    assert [billing.issued().number[-2:] for _ in range(3)] == ["01", "02", "03"]


def test_a_line_is_on_one_draft_only(billing):
    asset = billing.delivered()
    billing.draft(asset)
    with pytest.raises(Conflict):
        billing.draft(asset)


def test_what_is_left_out_is_free_again(billing, world):
    one, other = billing.delivered(), billing.delivered(10)
    (draft,) = billing.draft(one, other)
    row = billing.do(lambda: drafts.leave_out(draft, draft.lines[1].id, version=1, by=billing.dana))
    assert (row.lines_count, row.net, row.version) == (1, 25 * one.unit_price, 2)
    assert billing.draft(other)[0].net == 10 * other.unit_price
    with pytest.raises(StaleVersion):
        billing.do(lambda: drafts.discard(draft, version=1, by=billing.dana))
    billing.do(lambda: drafts.discard(draft, version=2, by=billing.dana))
    assert billing.draft(one)[0].lines_count == 1


def test_outside_the_scope_gets_an_invoice_of_its_own(billing, world):
    one, other = billing.delivered(), billing.delivered()
    billing.do(lambda: world_line(world, other, "O0"))
    billing.do(lambda: world_line(world, one, "S24"))
    made = billing.draft(one, other)
    assert sorted(draft.lines[0].tax_code for draft in made) == ["O0", "S24"]


def world_line(world, asset, code):
    statement = text("UPDATE order_lines SET tax_code = :code WHERE asset_id = :asset")
    with world.transaction():
        db.session.execute(statement, {"code": code, "asset": asset.id})


def test_what_is_missing_stops_the_issue(billing, world):
    billing.tax(world.partner, "AE", country="DE", vat_number=None)
    (draft,) = billing.draft()
    with pytest.raises(issuing.NotReady) as refused:
        billing.issue(draft)
    assert [sign.sentence for sign in refused.value.signs][0] == "The buyer’s VAT id is missing."
    billing.tax(world.partner, "AE", vat_number="DE136695976")
    issued = billing.issue(draft)
    assert (issued.vat, issued.taxes[0].reason_code) == (0, "VATEX-EU-AE")


def test_a_reason_is_needed_in_the_language_of_the_account(billing, world):
    billing.tax(world.partner, "AE", country="DE", vat_number="DE136695976", language="el")
    (draft,) = billing.draft()
    signs = billing.do(lambda: readiness.signs(fresh(draft), issuing.sources_of(fresh(draft))))
    assert [(sign.standing.value, sign.link) for sign in signs][0][0] == "no"
    with pytest.raises(issuing.NotReady, match="Greek"):
        billing.issue(draft)


def fresh(draft):
    return billing_access.invoice_for_worker(draft.id)


def test_a_cancelled_line_stops_the_issue(billing, world):
    asset = billing.delivered()
    (draft,) = billing.draft(asset)
    world.edit(asset, lifecycle="cancelled")
    with pytest.raises(issuing.NotReady, match=f"AS-{asset.id}"):
        billing.issue(draft)


def test_twenty_at_once_have_consecutive_numbers(billing):
    made = [billing.draft()[0] for _ in range(20)]
    results = at_once(20, lambda: billing.issue(made.pop()))
    assert sorted(int(each.number[-6:]) for each in results) == list(range(1, 21))


def test_two_who_issue_one_draft_issue_it_once(billing):
    (draft,) = billing.draft()
    results = at_once(4, lambda: billing.issue(draft))
    assert sum(isinstance(each, Invoice) for each in results) == 1
    assert all(isinstance(each, Invoice | Conflict | StaleVersion) for each in results)
    assert billing.issued().number.endswith("2")


UPDATES = [
    "UPDATE invoices SET gross = gross + 1", "UPDATE invoices SET number = 'X'", "UPDATE invoices SET content = ''",
    "UPDATE invoices SET due_on = NULL", "UPDATE invoice_lines SET unit_price = 1", "DELETE FROM invoice_lines",
    "UPDATE invoice_lines SET is_issued = (1 = 0)", "DELETE FROM invoices", "DELETE FROM invoice_taxes",
    "UPDATE invoice_taxes SET vat = 0", "DELETE FROM invoice_documents", "UPDATE invoice_documents SET sha256 = ''",
    "INSERT INTO invoice_taxes (invoice_id, category, rate, reason, reason_code, net, vat) "
    "SELECT invoice_id, 'Z', 0, '', '', 0, 0 FROM invoice_taxes",
    "INSERT INTO invoice_lines (invoice_id, position, order_line_id, quantity, unit_price, credited, product_code, "
    "product_name, recipient, description, undelivered_reason, is_issued) "
    "SELECT invoice_id, 99, order_line_id, 1, 1, 1, '', 'x', '', '', '', is_issued FROM invoice_lines WHERE is_issued",
    "UPDATE invoice_lines SET position = 99, invoice_id = (SELECT max(id) FROM invoices WHERE number IS NOT NULL) "
    "WHERE NOT is_issued",
]  # fmt: skip


def test_the_database_refuses_to_change_what_was_issued(billing, world):
    issued = billing.issued()
    billing.draft()
    before = files(billing, issued)
    refused = "what was issued never changes"
    for statement in UPDATES:
        with pytest.raises(DatabaseError, match=refused), billing.app.app_context(), world.transaction():
            db.session.execute(text(statement))
    assert files(billing, issued) == before


def test_the_stored_files_outlive_every_name(billing, world):
    issued = billing.issued()
    billing.do(lambda: documents.make_pdf(issued.id))
    before = files(billing, issued)
    world.edit(world.partner, name="Renamed GmbH", address="Elsewhere")
    world.edit(world.mailbox, name="Renamed licence")
    with billing.app.app_context(), world.transaction():
        db.session.execute(text("UPDATE tax_codes SET name = 'Renamed', rate = 2500 WHERE code = 'S24'"))
        db.session.execute(text("UPDATE company SET legal_name = 'Renamed A.E.'"))
    assert files(billing, issued) == before
    read = billing.read(issued)
    assert (read.buyer_name, read.lines[0].rate) == (issued.buyer_name, 2400)


def test_a_changed_account_is_noticed(billing, world, monkeypatch):
    (draft,) = billing.draft()
    make = issuing.prepare

    def slow(document_of):
        made = make(document_of)
        with world.transaction():
            row = db.session.get(Account, world.partner.id)
            row.name, row.version = "Other name", row.version + 1
        return made

    monkeypatch.setattr(issuing, "prepare", slow)
    with pytest.raises(StaleVersion):
        billing.issue(draft)
    assert billing.do(lambda: db.session.scalar(select(InvoiceLine.is_issued))) is False


def test_each_act_is_on_record(billing):
    issued = billing.issued()
    rows = select(AuditEntry.act).where(AuditEntry.subject == "invoice", AuditEntry.subject_id == issued.id)
    assert billing.do(lambda: list(db.session.scalars(rows.order_by(AuditEntry.id)))) == ["draft", "issue"]


def test_a_currency_with_three_decimals_gets_no_xml(billing, world):
    billing.tax(world.partner, "S24")
    asset = billing.delivered(currency="KWD", unit_price=1_250)
    billing.do(lambda: set_line_currency(world, asset, "KWD"))
    issued = billing.issued(asset)
    assert files(billing, issued) == {}
    billing.do(lambda: documents.make_pdf(issued.id))
    assert list(files(billing, issued)) == [DocumentKind.PDF]


def set_line_currency(world, asset, currency):
    statement = text("UPDATE order_lines SET currency = :currency, unit_price = 1250 WHERE asset_id = :asset")
    with world.transaction():
        db.session.execute(statement, {"currency": currency, "asset": asset.id})


def test_tax_codes_that_nobody_knows_are_the_accounts(billing, world):
    asset = billing.delivered()
    billing.do(lambda: world_line(world, asset, "ΔΟΥ"))
    assert billing.draft(asset)[0].lines[0].tax_code == "S24"
    assert billing.do(lambda: db.session.scalar(select(TaxCode.code).limit(1)))
