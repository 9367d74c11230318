"""No list of invoices reads a whole table: the planner's own word, for each filter × direction × viewer."""

import itertools
import re
from datetime import date

import pytest
from sqlalchemy import text

from portal.extensions import db
from portal.models import CreditCause, InvoiceKind
from portal.services.invoicing import invoice_list
from portal.services.invoicing.invoice_list import Filters, Listed, Query
from tests.plans import explained

MORE = 3000
TODAY = date(2026, 12, 1)
WHOLE_TABLE = {
    # A partial index holds few others; that of all issued ones is read for its order, until enough are found.
    "sqlite": re.compile(r"SCAN (invoices|invoice_lines|allocations)(?! USING (COVERING )?INDEX ix_invoices_)"),
    "postgresql": re.compile(r"Seq Scan on (invoices|invoice_lines|allocations)"),
}


@pytest.fixture
def crowded(app, world):
    """Two paid of three, one open of ten, one draft of a hundred, one credit note of fifty."""
    invoice = world.invoice(issued_on=date(2026, 11, 2))
    with app.app_context():
        with world.transaction():
            _multiply(invoice.id, [world.partner.id, world.rival.id, world.direct_customer.id])
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"ALTER DATABASE {db.engine.url.database} SET enable_seqscan = off"))
        db.session.remove()
        db.engine.dispose()
        yield world


def _multiply(invoice_id: int, accounts: list[int]) -> None:
    is_draft, is_note, is_open = "i % 100 = 1", "i % 50 = 2", "i % 10 = 3"
    day = {"sqlite": "date('2026-11-30', '-' || (i % 700) || ' days')"}
    shown = day.get(db.engine.dialect.name, "DATE '2026-11-30' - CAST(i % 700 AS INTEGER)")
    due = shown.replace("2026-11-30", "2026-12-20")
    different = {
        "id": "invoices.id + 1000 + i",
        "key": "'key-' || i",
        "kind": f"CASE WHEN {is_note} THEN '{InvoiceKind.CREDIT_NOTE.value}' ELSE invoices.kind END",
        "corrects_id": f"CASE WHEN {is_note} THEN invoices.id END",
        "cause": f"CASE WHEN {is_note} THEN '{CreditCause.PRICE.value}' END",
        "number": f"CASE WHEN {is_draft} THEN NULL ELSE 'N-' || i END",
        "number_key": f"CASE WHEN {is_draft} THEN NULL ELSE 'n-' || i END",
        "billed_account_id": f"CASE i % 3 WHEN 0 THEN {accounts[0]} WHEN 1 THEN {accounts[1]} ELSE {accounts[2]} END",
        "buyer_key": "'buyer ' || (i % 97)",
        "currency": "CASE i % 40 WHEN 0 THEN 'USD' ELSE 'EUR' END",
        "po_key": "'po-' || i",
        "issued_on": f"CASE WHEN {is_draft} THEN NULL ELSE {shown} END",
        "due_on": f"CASE WHEN {is_draft} THEN NULL ELSE {due} END",
        "gross": "10000 + i",
        "settled": f"CASE WHEN {is_draft} OR {is_open} THEN 0 ELSE 10000 + i END",
        "paid_at": f"CASE WHEN {is_draft} OR {is_open} THEN NULL ELSE invoices.made_at END",
    }
    columns = [column.name for column in db.metadata.tables["invoices"].columns]
    values = ", ".join(different.get(name, f"invoices.{name}") for name in columns)
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MORE})"
    db.session.execute(
        text(f"INSERT INTO invoices ({', '.join(columns)}) {numbers} SELECT {values} FROM n CROSS JOIN invoices "
             "WHERE invoices.id = :id"),
        {"id": invoice_id},
    )  # fmt: skip


def filters_of(world) -> list[Filters]:
    march, april = date(2026, 3, 1), date(2026, 4, 1)
    given = [
        {},
        *({"state": state} for state in Listed),
        {"account_id": world.partner.id},
        {"account_id": world.partner.id, "state": Listed.OPEN},
        {"currency": "USD"},
        {"currency": "USD", "state": Listed.PAID},
        {"issued_from": march, "issued_until": april},
        {"due_from": march, "due_until": april, "state": Listed.OPEN},
    ]
    typed = ("n-12", "po-12", "100.42", "buyer 1", "northlight", "ORD-1", "AS-1")
    terms = [{"term": invoice_list.understand(world.dana, each)} for each in typed]
    return [Filters(TODAY, **each) for each in (*given, *terms)]


def test_no_list_reads_a_whole_table(crowded):
    places = [{}, {"after": "2026-03-01,5"}, {"before": "2026-03-01,5"}]
    for nick, filters, descending, place in itertools.product(
        ("dana", "paula"), filters_of(crowded), (True, False), places
    ):
        viewer = getattr(crowded, nick)
        query = Query(filters, descending=descending, **place)
        lines = explained(lambda viewer=viewer, query=query: _page(viewer, query))
        whole = [line for line in lines if WHOLE_TABLE[db.engine.dialect.name].search(line)]
        assert not whole, (nick, query, whole, lines)


@pytest.mark.parametrize(
    "state, index",
    [
        (None, "ix_invoices_issued_on"),
        (Listed.PAID, "ix_invoices_issued_on"),
        (Listed.OPEN, "ix_invoices_due_on"),
        (Listed.OVERDUE, "ix_invoices_due_on"),
        (Listed.CREDIT_NOTE, "ix_invoices_credit_notes"),
        (Listed.INVOICE, "ix_invoices_issued_on"),
    ],
)
def test_a_page_of_all_is_read_in_the_order_of_an_index(crowded, state, index):
    filters = Filters(TODAY, state=state)
    counts = invoice_list.count(crowded.dana, filters)
    lines = explained(lambda: invoice_list.page(crowded.dana, Query(filters), counts))
    assert any(index in line for line in lines), lines


def _page(viewer, query) -> None:
    invoice_list.page(viewer, query, invoice_list.count(viewer, query.filters, with_totals=True))
