"""What can be a code, a number, a name: the same for every door."""

import csv

import pytest

from portal.core import field_rules
from portal.core.errors import InvalidInput
from portal.models import email_address
from tests.files import CASES

pytestmark = pytest.mark.sqlite  # no database is asked: once is enough


@pytest.fixture(autouse=True)
def _context(app_context):
    """Sentences are translated."""


def codes_of(case: str) -> list[str]:
    with (CASES / case).open(encoding="utf-8", newline="") as file:
        return [row["BitTitan's Coupon Code"] for row in csv.DictReader(file)]


def is_taken(rule, *args) -> bool:
    try:
        return bool(rule(*args))
    except InvalidInput:
        return False


def reason(rule, *args) -> str:
    with pytest.raises(InvalidInput) as refusal:
        rule(*args)
    return refusal.value.message


NO_CODES = [
    *codes_of("codes-that-are-none.csv"),
    *("#BEZUG!", "#WERT!", "#¡REF!", "#VALEUR!", "#NOMBRE?", "#ЗНАЧ!", "#Н/Д", "#N/D", "#SPILL!", "####", "Err:502"),
    *("1e+15", "-1.5E-7", "+1E+05", "1234567890123450000", "365.0", "42,00", "1.234,56", "-", "??", "000000000000"),
    *("WAHR", "Faux", "ИСТИНА", "NaN", "None", "<null>", "NULL", "k.A.", "N/A", "kein", "aucun", "ninguno", "нет"),
    *("tba", "to-do", "XXXX-XXXX-XXXX-XXXX", "XXXXXXXXXXXXXXXXXXXX", "storniert", "12345", "PENDING-APPROVAL"),
    *("2026-02-01", "1.2.26", "01-Feb-2026", "1. März 2026", "Feb 1, 2026", "Dec-10", "12:30", "20260201093000"),
    *("2026-02-01T09:15:22Z", "2026-02-01 00:00:00+00:00", "mailto:a@b.example", "www.company.example/codes"),
    *(
        "MSPQ8H3K5N7Q2M9T\u200bA7XY",
        "МSPQ8H3K5N7Q2M9TA7XY",
        "SBX–7KQ2–M9TA–4RWC",
        "the code was sent",
        "••••1234",
        "MSPCXXXXXXXXXXXX1234",
    ),
]
CODES = [
    *codes_of("codes-that-are-good.csv"),
    *("mspq8h3k5n7q2m9ta7xy", "QWERTZUIOPASDFGHJKLM", "E123456789012345", "1E23456789012345", "DEC2-0261-ABCD"),
    *("TRUE-1234-FALS-5678", "7KQ2M9TA", "1234567890", " SBX-7KQ2-M9TA-4RWC-XVGD\n"),
]  # fmt: skip


@pytest.mark.parametrize("text", NO_CODES)
def test_what_can_be_no_coupon_code(text):
    words = [word for word in text.split() if len(word) > 4 and not word.isalpha()]
    assert not any(word in reason(field_rules.coupon_code, text) for word in words), "it never repeats the cell"


@pytest.mark.parametrize("text", CODES)
def test_what_can_be_a_coupon_code(text):
    assert field_rules.coupon_code(text) == text.strip()


DAMAGED = [
    "#N/A",
    "#NV",
    "1.23457E+15",
    "1,23457E+15",
    "1E+05",
    "42.0",
    "TRUE",
    "falsch",
    "nan",
    "01/02/2026",
    "0",
    "x",
]
NO_IDENTIFIERS = [*DAMAGED, "keine", "TBD", "n.a.", "Dec-10", "name@company.example", "https://x.example/c/1", "???"]


@pytest.mark.parametrize("text", NO_IDENTIFIERS)
def test_what_is_neither_an_accounts_code_nor_an_assets_number(text):
    assert not is_taken(field_rules.account_code, text)
    assert not is_taken(field_rules.asset_id, text, "external_id")


def test_a_sentence_is_no_number_of_an_asset():
    assert not is_taken(field_rules.asset_id, "see the mail of 3 March", "external_id")
    assert not is_taken(field_rules.asset_id, "not known", "external_id")


@pytest.mark.parametrize(
    "text", ["42", "0042", "5", "A", "MAI-01", "DEC-10", "2026-0001", "Сust-1", "ÖZ/1", "#12", "OLD-ß1"]
)
def test_what_can_be_an_accounts_code_or_an_assets_number(text):
    assert field_rules.account_code(text) == field_rules.asset_id(text, "external_id") == text


@pytest.mark.parametrize("text", ["#N/A", "#NOM?", "#DIV/0!", "1.23457E+15", "TRUE", "nan", "(null)", "undefined"])
def test_what_only_a_program_writes_is_no_name(text):
    assert not is_taken(field_rules.name, text, "name", 200)


@pytest.mark.parametrize(
    ("text", "is_one"), [("DE136695976", True), ("DE 136 695 976", True), ("1.36696E+8", False), ("#N/A", False)]
)
def test_what_can_be_a_number_of_an_authority(text, is_one):
    assert is_taken(field_rules.number, text, "vat_number", 40) is is_one


@pytest.mark.parametrize("text", ["-", "=1+1", "True Blue", "x", "Null & Söhne", "01/02/2026", "#1 Mailboxes", "🙂"])
def test_what_people_may_call_something_is_a_name(text):
    assert field_rules.name(text, "name", 200) == text


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("it@company.example", True), ("o'neill+x@käserei.example", True), ("#N/A", False), ("nan", False), ("x@", False),
     ("mailto:it@company.example", False), ("<it@company.example>", False), ("it@company..example", False),
     ("a@b.example;c@d.example", False), ("it@company.example,", False), ("a b@company.example", False)],
)  # fmt: skip
def test_what_can_be_an_address(text, is_one):
    assert email_address.is_address(text) is is_one
