"""A credit note takes an invoice back: never more than is left, and it lowers what is open."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from portal.core import billing_access, clock
from portal.core.errors import Conflict, InvalidInput
from portal.extensions import db
from portal.models import Allocation, CreditCause, Invoice, InvoiceState, InvoiceTax
from portal.services.invoicing import (
    billable,
    credit_notes,
    documents,
    invoice_page,
)
from portal.services.invoicing.documents import stored_content
from portal.services.invoicing.invoice_list import SHOWN
from portal.services.invoicing.settlement import settle
from tests.services.shop import at_once


def pay(billing, world, invoice, amount):
    def act():
        with world.transaction():
            assert settle(invoice.id, amount, documents.clock.now())

    billing.do(act)


def test_the_whole_invoice_is_taken_back(billing):
    asset = billing.delivered()
    issued = billing.issued(asset)
    note = billing.credit(issued, cause=CreditCause.CANCELLED)
    assert note.number == f"CN-{note.issued_on.year}-000001"
    assert (note.net, note.vat, note.gross) == (issued.net, issued.vat, issued.gross)
    after = billing.read(issued)
    assert (after.open, after.state, note.state) == (0, InvoiceState.PAID, InvoiceState.PAID)
    assert [line.left for line in after.lines] == [0]
    document = billing.do(lambda: stored_content.from_json(db.session.get(Invoice, note.id).content))
    assert document.preceding.number == issued.number
    assert document.notes == ("Agreed.",)


def test_what_was_credited_can_be_invoiced_anew(billing):
    asset = billing.delivered()
    issued = billing.issued(asset)
    assert billing.do(lambda: list(billable.of_order(asset.order_id))) == []
    billing.credit(issued, 10)
    assert billing.do(lambda: list(billable.of_order(asset.order_id))) == []
    billing.credit(issued, 15)
    again = billing.issued(asset)
    assert (again.net, again.number[-1]) == (issued.net, "2")


def test_a_part_stays_open(billing):
    issued = billing.issued(billing.delivered(25), billing.delivered(10))
    note = billing.credit(issued, 5, 0)
    assert [line.quantity for line in note.lines] == [5]
    after = billing.read(issued)
    assert after.open == issued.gross - note.gross
    assert [line.left for line in after.lines] == [20, 10]


def test_parts_add_up_to_the_invoice(billing, seed):
    """Whatever is credited first: nothing stays open, and the VAT of each category is taken back exactly."""
    lots = random.Random(seed)
    codes = ("S24", "S24", "S19", "E0")
    owned = [billing.delivered(lots.randint(2, 9), unit_price=lots.choice((2, 33, 57, 819))) for _ in codes]
    for asset, code in zip(owned, codes, strict=True):
        tax_of(billing, asset, code)
    issued = billing.issued(*owned)
    notes = []
    while any(left := [line.left for line in billing.read(issued).lines]):
        part = [lots.randint(0, each) for each in left]
        notes.append(billing.credit(issued, *(part if any(part) else left)))
    after = billing.read(issued)
    assert (after.open, after.state) == (0, InvoiceState.PAID)
    assert all((note.open, note.state) == (0, InvoiceState.PAID) for note in notes)
    assert billing.do(lambda: taxes([note.id for note in notes])) == billing.do(lambda: taxes([issued.id]))


def test_the_vat_of_a_part_that_was_credited_meanwhile_is_worked_out_again(billing):
    issued = billing.issued()
    results = at_once(3, lambda: billing.credit(issued, 1))
    for each in results:
        assert isinstance(each, Invoice) or "a moment ago" in str(each)
    billing.credit(issued)
    assert billing.read(issued).open == 0


def tax_of(billing, asset, code: str) -> None:
    def act():
        with billing.world.transaction():
            statement = text("UPDATE order_lines SET tax_code = :code WHERE asset_id = :asset")
            db.session.execute(statement, {"code": code, "asset": asset.id})

    billing.do(act)


def taxes(ids: list[int]) -> dict:
    columns = InvoiceTax.category, InvoiceTax.rate
    rows = select(*columns, func.sum(InvoiceTax.net), func.sum(InvoiceTax.vat)).where(InvoiceTax.invoice_id.in_(ids))
    return {row[:2]: tuple(map(int, row[2:])) for row in db.session.execute(rows.group_by(*columns))}


def test_what_is_paid_stays_on_the_account(billing, world):
    issued = billing.issued()
    pay(billing, world, issued, issued.gross)
    note = billing.credit(issued)
    assert (note.settled, note.open, note.state) == (0, note.gross, InvoiceState.ISSUED)
    assert billing.do(lambda: db.session.scalar(select(Allocation.id))) is None


def test_a_part_of_a_credit_pays_what_is_open(billing, world):
    issued = billing.issued()
    pay(billing, world, issued, issued.gross - 100)
    note = billing.credit(issued)
    assert (note.settled, billing.read(issued).open) == (100, 0)
    (row,) = billing.do(lambda: list(db.session.scalars(select(Allocation))))
    assert (row.credit_note_id, row.invoice_id, row.amount) == (note.id, issued.id, 100)


def test_a_credit_of_another_invoice_settles_like_money(billing, desk):
    first, other = (billing.issued(billing.delivered()) for _each in range(2))
    desk.pay(first.id, first.gross)
    desk.set_off(billing.credit(first).id, other.id)
    assert desk.invoice(other.id).open == 0

    def credited() -> tuple[int, int]:
        row = billing_access.visible_invoice(billing.dana, other.id)
        listed = db.session.scalar(select(SHOWN["credited"]).where(Invoice.id == other.id))
        return invoice_page.around(row, billing.dana).credited, listed

    assert billing.do(credited) == (0, 0)


def test_the_last_licence_is_credited_once(billing):
    issued = billing.issued()
    billing.credit(issued, 24)
    results = at_once(4, lambda: billing.credit(issued, 1))
    made = [each for each in results if isinstance(each, Invoice)]
    assert len(made) == 1
    assert all(isinstance(each, Conflict) for each in results if each not in made)
    assert [line.credited for line in billing.read(issued).lines] == [25]


def test_one_form_sent_twice_is_one_credit_note(billing):
    issued = billing.issued()
    one, other = (billing.credit(issued, 5, key="the same") for _ in range(2))
    assert one.number == other.number
    assert [line.credited for line in billing.read(issued).lines] == [5]


def test_more_than_is_left_is_refused(billing):
    issued = billing.issued()
    with pytest.raises(Conflict):
        billing.credit(issued, 26)
    with pytest.raises(InvalidInput):
        billing.credit(issued, 0)


def test_what_was_not_delivered_is_credited_as_a_whole(billing):
    issued = billing.issued()
    with pytest.raises(InvalidInput):
        billing.credit(issued, 5, cause=CreditCause.NOT_DELIVERED)


def test_a_draft_and_a_credit_note_cannot_be_credited(billing):
    (draft,) = billing.draft()
    with pytest.raises(Conflict):
        billing.credit(draft)
    note = billing.credit(billing.issue(draft))
    with pytest.raises(Conflict):
        billing.credit(note)


def test_a_preview_writes_nothing(billing):
    issued = billing.issued()

    def look():
        row = billing_access.visible_invoice(billing.dana, issued.id)
        return credit_notes.preview(row, {row.lines[0].id: 25}, cause=CreditCause.PRICE, reason="Agreed.")

    seen = billing.do(look)
    assert (seen.sums.gross, seen.open_after, seen.owed) == (issued.gross, 0, 0)
    assert billing.credit(issued).number == seen.number


def test_a_credit_note_is_not_dated_before_its_invoice_nor_before_the_newest_one(billing):
    today = billing.do(clock.today)
    tomorrow = today + timedelta(days=1)
    of_today, of_tomorrow = billing.issued(), billing.issue(billing.draft()[0], issued_on=tomorrow)
    assert billing.credit(of_tomorrow).issued_on == tomorrow
    if tomorrow.year == today.year:
        assert billing.credit(of_today).issued_on == tomorrow
