"""What leaves for the books adds up to what was issued."""

import io
import zipfile
from dataclasses import replace
from datetime import date, datetime
from functools import partial

import pytest
from sqlalchemy import select

from portal.core.errors import InvalidInput
from portal.extensions import db
from portal.models import InvoiceDocument, TaxCategory
from portal.services.invoicing import documents
from portal.services.invoicing.exports import archive, datev, journal
from portal.services.invoicing.exports.journal import Days

pytestmark = pytest.mark.sqlite


@pytest.fixture
def books():
    return datev.Books(29098, 55003, date(2026, 1, 1), datev.REVENUE)


@pytest.fixture
def issued(billing, world):
    """An invoice with two lines, its credit note over a part, and one that is taxed elsewhere."""
    one = billing.issued(billing.delivered(25), billing.delivered(10))
    note = billing.credit(one, 5, 0)
    billing.tax(world.direct_customer, "AE", country="DE", vat_number="DE136695976", print_name="Σχολείο “Λιμάνι”")
    other = billing.issued(billing.delivered(7, account=world.direct_customer))
    return one, note, other


def days_of(invoice) -> Days:
    return Days(invoice.issued_on, invoice.issued_on)


def test_the_journal_adds_up_to_each_document(billing, issued):
    entries = billing.do(lambda: list(journal.entries(days_of(issued[0]))))
    sums = {}
    for entry in entries:
        sums[entry.number] = sums.get(entry.number, 0) + entry.amount
    one, note, other = issued
    assert sums == {one.number: one.gross, note.number: -note.gross, other.number: other.gross}
    of_note = [entry for entry in entries if entry.number == note.number]
    assert [(entry.is_tax, entry.corrects) for entry in of_note] == [(False, one.number), (True, one.number)]
    assert [entry.position for entry in entries if entry.number == one.number] == [1, 2, None]


def test_datev_takes_its_postings(billing, issued, books):
    made = billing.do(
        lambda: list(datev.lines(days_of(issued[0]), "EUR", books, datetime(2026, 12, 1, 9, 30)))
    )  # fmt: skip
    assert all(line.endswith(b"\r\n") for line in made)
    header, heads, *postings = [line.decode("cp1252").rstrip("\r\n").split(";") for line in made]
    assert header[:6] == ['"EXTF"', "700", "21", '"Buchungsstapel"', "13", "20261201093000000"]
    assert len(header) == 31
    assert {len(fields) for fields in (heads, *postings)} == {125}
    assert header[10:14] == ["29098", "55003", "20260101", "4"]
    one, note, other = issued
    amounts = [(fields[1], fields[0], fields[10].strip('"'), fields[7]) for fields in postings]
    assert amounts == [
        ('"S"', f"{one.gross / 100:.2f}".replace(".", ","), one.number, "4400"),
        ('"H"', f"{note.gross / 100:.2f}".replace(".", ","), note.number, "4400"),
        ('"S"', f"{other.gross / 100:.2f}".replace(".", ","), other.number, "4336"),
    ]
    assert postings[2][13] == '"??????? “??????”"'
    assert postings[2][39] == '"DE136695976"'
    assert postings[0][9] == f"{one.issued_on:%d%m}"


def test_datev_names_the_country_of_each_vat_id(billing, world, books):
    billing.tax(world.direct_customer, "AE", country="GR", vat_number="GR 094014201")
    one = billing.issued(billing.delivered(7, account=world.direct_customer))
    made = billing.do(lambda: list(datev.lines(days_of(one), "EUR", books, datetime(2026, 12, 1))))
    assert made[2].decode("cp1252").split(";")[39] == '"EL094014201"'


def test_datev_counts_its_debtors_before_the_file_begins(billing, world, books, monkeypatch):
    one = billing.issued(billing.delivered(7))
    monkeypatch.setattr(datev, "LAST_DEBTOR", datev.FIRST_DEBTOR)
    with pytest.raises(InvalidInput, match="more accounts"):
        billing.do(lambda: datev.check(days_of(one), "EUR", books))


@pytest.mark.parametrize(
    "field, change",
    [
        ("last", {"days": Days(date(2026, 12, 1), date(2027, 1, 1))}), ("currency", {"currency": "KWD"}),
        ("consultant", {"consultant": 7}), ("client", {"client": 0}), ("year_from", {"year_from": date(2027, 1, 1)}),
    ],
)  # fmt: skip
def test_datev_says_what_it_cannot_take(app, books, field, change):
    days, currency = Days(date(2026, 12, 1), date(2026, 12, 31)), "EUR"
    days, currency = change.pop("days", days), change.pop("currency", currency)
    with app.app_context(), pytest.raises(InvalidInput) as refused:
        datev.check(days, currency, replace(books, **change))
    assert refused.value.field == field


def test_the_archive_has_the_stored_bytes(billing, issued):
    billing.do(lambda: documents.make_pdf(issued[0].id))
    content = billing.do(lambda: b"".join(archive.as_zip(days_of(issued[0]))))
    rows = billing.do(lambda: list(db.session.scalars(select(InvoiceDocument))))
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        assert len(file.namelist()) == len(rows)
        (name,) = (name for name in file.namelist() if name.endswith(".pdf"))
        assert name == f"{issued[0].issued_on}/{issued[0].number}.pdf"
        assert file.read(name).startswith(b"%PDF-")


def test_datev_takes_one_rate_from_an_account(billing, world, books):
    days = days_of(billing.issued())
    check = partial(datev.check, days, "EUR")
    with pytest.raises(InvalidInput, match=r"VAT of 24% on the account 4400, and DATEV takes 19% from it") as refused:
        billing.do(lambda: check(books))
    assert refused.value.field == "rates"
    own = replace(books, revenue=books.revenue | {TaxCategory.STANDARD: 4001})
    billing.do(lambda: check(own))
    billing.tax(world.partner, "S19")
    other = billing.issued()
    with pytest.raises(InvalidInput, match=r"VAT of 19%, 24% on the account 4001") as refused:
        billing.do(lambda: check(own))
    assert refused.value.field == "rates"
    both = replace(own, by_rate={1900: 4400})
    billing.do(lambda: check(both))
    made = billing.do(lambda: list(datev.lines(days, "EUR", both, datetime(2026, 12, 1))))
    accounts = [line.decode("cp1252").split(";")[7] for line in made[2:]]
    assert (accounts, other.issued_on) == (["4001", "4400"], days.first)
    with pytest.raises(InvalidInput, match="19%, 24%"):
        billing.do(lambda: check(replace(own, by_rate={1900: 4001})))
