"""Billing > Exports: files for the books by the days of issue."""

import csv
import io
import zipfile
from decimal import Decimal
from urllib.parse import quote

import pytest

pytestmark = pytest.mark.sqlite  # what the files hold is tested in tests/services/invoicing/test_exports.py


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def invoice(world):
    return world.invoice()


def ask(dana, invoice, **more):
    days = {"first": str(invoice.issued_on), "last": str(invoice.issued_on)}
    query = "&".join(f"{name}={value}" for name, value in (days | more).items())
    return dana.raw("GET", f"/bss/billing/exports?{query}")


BOOKS = {"consultant": 1001, "client": 1, "currency": "EUR", "year_from": ""} | {
    f"revenue_{name}": 4400 if name == "standard" else 4100
    for name in ("standard", "zero", "exempt", "reverse_charge", "export", "outside", "intra_community")
}


def test_the_page_offers_the_month_before(dana):
    page = dana.open("bss.exports.index")
    assert page.h1 == "Exports for the books"
    assert [field["value"][-2:] for field in page.soup.select("[name=first]")] == ["01", "01"]


def test_the_journal_is_a_file(dana, invoice):
    answer = ask(dana, invoice, file="journal")
    lines = answer.get_data(as_text=True).splitlines()
    assert answer.mimetype == "text/csv"
    assert lines[1].startswith(f'"{invoice.number}","invoice"')


def test_what_was_credited_is_a_number_that_programs_sum(dana, world, invoice):
    text = ask(dana, world.credit_note(invoice), file="journal").get_data(as_text=True)
    amounts = [Decimal(row["Amount"]) for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))]
    assert min(amounts) < 0


def test_the_documents_are_a_zip(dana, invoice):
    answer = ask(dana, invoice, file="documents")
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as file:
        assert sorted(file.namelist()) == [
            f"{invoice.issued_on}/{invoice.number}.cii.xml", f"{invoice.issued_on}/{invoice.number}.pdf"
        ]  # fmt: skip


def test_datev_gets_its_file(dana, invoice):
    answer = ask(dana, invoice, file="datev", **BOOKS | {"year_from": f"{invoice.issued_on.year}-01-01"})
    assert answer.get_data().startswith(b'"EXTF";700;21;')
    assert answer.headers["Content-Type"] == "text/csv; charset=windows-1252"
    assert f'"{invoice.number}"'.encode("cp1252") in answer.get_data()


@pytest.mark.parametrize("rates", ["19=4400", "7=4300; 19 = 4400", "5,5=4310, 19%=4400;", "7=4300 19.0=4400"])
def test_datev_posts_another_rate_to_its_account(dana, invoice, rates):
    more = {"year_from": f"{invoice.issued_on.year}-01-01", "revenue_standard": 4001, "rates": quote(rates)}
    fields = ask(dana, invoice, file="datev", **BOOKS | more).get_data().decode("cp1252").splitlines()[2].split(";")
    assert fields[7] == "4400"


@pytest.mark.parametrize(
    "more, sentence",
    [
        ({"file": "journal", "last": "2020-01-01"}, "It ends before it begins."),
        ({"file": "journal", "first": "yesterday"}, "Enter a day such as 2027-01-31."),
        ({"file": "datev", "consultant": "7"}, "Enter a whole number from 1001 to 9999999."),
        ({"file": "datev", "revenue_standard": "1"}, "Enter an account of four digits."),
        ({"file": "datev", "rates": "7"}, "Enter rates and accounts, such as 7=4300; 5.5=4310."),
        ({"file": "datev", "rates": "7=43"}, "Enter rates and accounts"),
        ({"file": "datev", "revenue_standard": "4300"}, "and DATEV takes 7% from it."),
        ({"file": "datev", "currency": "KWD"}, "DATEV knows two decimals"),
    ],
)
def test_what_cannot_be_made_says_why(dana, invoice, more, sentence):
    year = {"year_from": f"{invoice.issued_on.year}-01-01"}
    answer = ask(dana, invoice, **(BOOKS | year if more["file"] == "datev" else {}) | more)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
