"""What is changed on a draft before its issue: prices, the VAT at home, what is left out; and when an order is
invoiced."""

from decimal import Decimal

import pytest

from portal.core import billing_access, money
from portal.core.errors import Conflict, InvalidInput, NotAllowed, StaleVersion
from portal.extensions import db
from portal.models import Account, Asset, AuditEntry, Invoice, InvoiceTiming, Job, JobKind, Lifecycle, Order, User
from portal.services import jobs
from portal.services.invoicing import at_once, billable, documents, drafts, exchange, issuing, readiness
from portal.services.invoicing.billable import Why
from portal.services.invoicing.documents import stored_content
from portal.services.invoicing.readiness import Standing

pytestmark = pytest.mark.sqlite


def signs(billing, draft):
    def read():
        row = billing_access.visible_invoice(billing.dana, draft.id)
        return readiness.signs(row, issuing.sources_of(row))

    return billing.do(read)


def missing(billing, draft) -> list[str]:
    return [sign.sentence for sign in signs(billing, draft) if sign.standing is Standing.NO]


def set_price(billing, draft, amount: int, **more):
    given = {"reason": "As agreed", "version": draft.version} | more
    line_id = draft.lines[0].id
    return billing.do(lambda: drafts.set_price(draft, line_id, amount, by=billing.dana, **given))


def in_dollars(billing, world, *, country: str):
    billing.tax(world.partner, "S24", country=country, currency="USD")
    return billing.draft(billing.delivered(currency="USD"))[0]


def test_a_vat_id_with_wrong_digits_is_told_and_stops_nothing(billing, world):
    billing.tax(world.partner, "AE", country="ES", vat_number="ESB1234")
    (draft,) = billing.draft()
    assert "The buyer’s VAT id is not plausible." in [sign.sentence for sign in signs(billing, draft)]
    assert missing(billing, draft) == []


def test_a_tax_code_that_is_decided_later_counts_for_the_draft(billing, world):
    world.edit(world.partner, tax_code_id=None)
    draft = billing.draft()[0]
    assert missing(billing, draft) == ["Nobody has decided the tax code of the account."]
    billing.tax(world.partner, "S24")
    issued = billing.issue(draft)
    assert [(line.category.value, line.rate) for line in issued.lines] == [("S", 2400)]
    assert issued.vat > 0


def test_a_corrected_price_counts_and_says_so(billing):
    (draft,) = billing.draft()
    before = draft.lines[0].unit_price
    changed = set_price(billing, draft, before + 100)
    assert changed.net == draft.lines[0].quantity * (before + 100)
    assert (changed.gross, changed.version) == (changed.net + changed.vat, draft.version + 1)
    assert "1 line has another price than its order." in [sign.sentence for sign in signs(billing, draft)]
    with billing.app.app_context():
        entry = db.session.query(AuditEntry).filter_by(subject="invoice", act="price").one()
    assert (entry.before, entry.after, entry.why) == (f"{before} EUR", f"{before + 100} EUR", "As agreed")
    issued = billing.issue(changed)
    assert issued.lines[0].unit_price == before + 100
    assert issued.lines[0].order_line.unit_price == before


def test_a_price_needs_a_reason_and_is_above_zero(billing):
    (draft,) = billing.draft()
    wrong = ((700, " ", "reason"), (0, "Goodwill", "unit_price"), (10**15, "Typed twice", "unit_price"))
    for amount, reason, field in wrong:
        with pytest.raises(InvalidInput) as refused:
            set_price(billing, draft, amount, reason=reason)
        assert refused.value.field == field
    with pytest.raises(StaleVersion):
        set_price(billing, draft, 700, version=draft.version + 1)
    billing.issue(draft)
    with pytest.raises(Conflict):
        set_price(billing, draft, 700)


def test_the_rate_is_optional_abroad_and_needed_at_home(billing, world):
    draft = in_dollars(billing, world, country="DE")
    assert (draft.currency, missing(billing, draft)) == ("USD", [])
    billing.tax(world.partner, "S24", country="GR")
    assert missing(billing, draft) == ["The VAT in EUR is missing."]


def test_the_vat_at_home_is_worked_out_and_printed(billing, world):
    draft = in_dollars(billing, world, country="GR")

    def give():
        values = exchange.values(draft, "EUR", "0.9421", "ECB, 30 November 2026")
        return drafts.save(draft, po_number="", exchange=values, version=draft.version, by=billing.dana)

    kept = billing.do(give)
    exact = Decimal(draft.vat) * Decimal("0.9421")
    assert abs(kept.home_vat - exact) <= Decimal("0.5")
    assert exchange.said(kept) == ("0.9421", "ECB, 30 November 2026")
    assert missing(billing, draft) == []
    issued = billing.issue(kept)
    assert "0.9421" in billing.do(lambda: db.session.get(type(issued), issued.id).content)


def test_credit_notes_take_the_vat_at_home_back(billing, world):
    draft = in_dollars(billing, world, country="GR")
    values = {"home_currency": "EUR", "home_vat": 101, "exchange_rate": "1 USD = 0.9 EUR, ECB"}
    issued = billing.issue(billing.do(lambda: drafts.save(draft, po_number="", exchange=values, version=1,
                                                          by=billing.dana)))  # fmt: skip
    notes = [billing.credit(issued, 5), billing.credit(issued)]
    assert sum(note.home_vat for note in notes) == 101
    kept = stored_content.from_json(billing.do(lambda: db.session.get(Invoice, notes[0].id).content)).accounting_vat
    assert (kept.currency, kept.amount, kept.exchange_rate) == ("EUR", notes[0].home_vat, "1 USD = 0.9 EUR, ECB")
    assert notes[0].home_vat == round(101 * notes[0].vat / issued.vat)


def test_another_vat_takes_the_rate_with_it(billing, world):
    draft = in_dollars(billing, world, country="GR")
    values = {"home_currency": "EUR", "home_vat": 100, "exchange_rate": "1 USD = 0.9 EUR, ECB"}
    kept = billing.do(lambda: drafts.save(draft, po_number="", exchange=values, version=1, by=billing.dana))
    changed = set_price(billing, kept, draft.lines[0].unit_price + 1)
    assert (changed.home_vat, changed.exchange_rate) == (None, "")


@pytest.mark.parametrize(("rate", "source", "field"), [
    ("0", "ECB", "rate"), ("-1", "ECB", "rate"), ("1e3", "ECB", "rate"), ("", "ECB", "rate"), ("0.9", "", "source"),
])  # fmt: skip
def test_a_rate_that_cannot_be_used_is_named(billing, rate, source, field):
    (draft,) = billing.draft()
    with pytest.raises(InvalidInput) as refused:
        billing.do(lambda: exchange.values(draft, "EUR", rate, source))
    assert refused.value.field == field


def test_a_rate_that_makes_more_than_can_be_kept_is_refused(billing):
    (draft,) = billing.draft()
    draft.vat = money.MOST // 1000
    assert billing.do(lambda: exchange.values(draft, "EUR", "1000", "ECB"))["home_vat"] == money.MOST
    with pytest.raises(InvalidInput) as refused:
        billing.do(lambda: exchange.values(draft, "EUR", "1001", "ECB"))
    assert refused.value.field == "rate"


@pytest.mark.parametrize("numbers", [("PO 1", "PO 1"), ("PO 1", "PO 2"), ("PO 1", "")])
def test_an_invoice_of_several_orders_names_their_numbers(billing, world, numbers):
    assets = [billing.delivered(5), billing.delivered(6)]
    with billing.app.app_context(), world.transaction():
        for asset, number in zip(assets, numbers, strict=True):
            db.session.get(Order, db.session.get(Asset, asset.id).order_id).po_number = number
    issued = billing.issued(*assets)
    is_one = len(set(numbers)) == 1
    assert issued.po_number == (numbers[0] if is_one else "")
    said = [line.description.split(" · ")[2:-1] for line in issued.lines]
    assert said == [[] if is_one or not number else [f"PO {number}"] for number in numbers]


def test_what_is_left_out_says_why(billing, world):
    delivered, failed, never, cancelled = (
        billing.delivered(5), world.asset(account=world.customer), billing.delivered(6), billing.delivered(7),
    )  # fmt: skip
    world.edit(world.find(Order, never.order_id), invoice_timing=InvoiceTiming.NEVER, invoice_reason="Goodwill")
    world.edit(cancelled, lifecycle=Lifecycle.CANCELLED)
    billing.draft()
    left = billing.do(lambda: billable.left_out(world.partner.id))
    assert {each.asset.id: (each.why, each.reason) for each in left} == {
        delivered.id: (Why.LATER, ""),
        failed.id: (Why.UNDELIVERED, ""),
        never.id: (Why.NEVER, "Goodwill"),
    }


def test_a_draft_can_be_seen_as_pdf_and_leaves_nothing(billing, world):
    (draft,) = billing.draft()

    def look():
        row = billing_access.visible_invoice(billing.dana, draft.id)
        return documents.of_draft(readiness.printable_draft(row, issuing.sources_of(row)))

    assert billing.do(look).startswith(b"%PDF")
    assert billing.read(draft).is_draft
    world.edit(world.find(Account, world.partner.id), country=None)
    with pytest.raises(Conflict, match="The buyer’s country is missing"):
        billing.do(look)


def change_timing(billing, order, timing, reason="", *, nick="dana", **more):
    def act():
        given = {"version": order.version, "by": db.session.get(User, getattr(billing.world, nick).id)} | more
        return at_once.change_timing(order, timing, reason, **given)

    return billing.do(act)


def test_when_an_order_is_invoiced_changes_until_it_is(billing, world):
    asset = billing.delivered()
    order = world.find(Order, asset.order_id)
    with pytest.raises(InvalidInput):
        change_timing(billing, order, InvoiceTiming.NEVER)
    assert change_timing(billing, order, InvoiceTiming.NEVER, "Goodwill")
    assert billing.do(lambda: billable.of_order(order.id)) == []
    with pytest.raises(StaleVersion):
        change_timing(billing, order, InvoiceTiming.AT_ONCE)
    order = world.find(Order, order.id)
    assert change_timing(billing, order, InvoiceTiming.AT_ONCE)
    order = world.find(Order, order.id)
    assert order.invoice_reason == ""
    with billing.app.app_context():
        assert db.session.query(Job).filter_by(kind=JobKind.INVOICE, subject_id=order.id).count() == 1
        at_once.step(order.id)
    with pytest.raises(Conflict, match="is on an invoice already"):
        change_timing(billing, order, InvoiceTiming.NEXT_RUN)


def test_only_who_invoices_changes_the_timing(billing, world):
    order = world.find(Order, billing.delivered().order_id)
    with pytest.raises(NotAllowed):
        change_timing(billing, order, InvoiceTiming.AT_ONCE, nick="vera")


def test_the_job_of_an_order_that_waits_for_the_run_makes_nothing(billing):
    asset = billing.delivered()
    billing.do(lambda: at_once.step(asset.order_id))
    assert len(billing.do(lambda: billable.of_order(asset.order_id))) == 1


def test_at_once_again_is_at_once_although_a_worker_has_just_read_what_it_was(app, billing, world):
    order_id = billing.delivered().order_id

    def change(timing: InvoiceTiming) -> None:
        change_timing(billing, world.find(Order, order_id), timing)

    change(InvoiceTiming.AT_ONCE)
    change(InvoiceTiming.NEXT_RUN)
    with app.app_context():
        (claim,) = [each for each in jobs.claim(50) if each.kind is JobKind.INVOICE]
        next_at = at_once.step(order_id)
    change(InvoiceTiming.AT_ONCE)
    with app.app_context():
        jobs.finish(claim, next_at)
        assert [each.subject_id for each in jobs.claim(50) if each.kind is JobKind.INVOICE] == [order_id]
