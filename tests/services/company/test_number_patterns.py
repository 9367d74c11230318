"""Patterns of invoice numbers."""

import pytest

from portal.core.errors import InvalidInput
from portal.services.company import number_patterns
from portal.services.company.number_patterns import Pattern

pytestmark = [pytest.mark.sqlite, pytest.mark.usefixtures("in_context")]


@pytest.mark.parametrize(
    "text, number, has_year",
    [
        ("INV-{year}-{number:06}", "INV-2026-000042", True),
        ("{number}", "42", False),
        ("{year}/{number:03}.A", "2026/042.A", True),
        ("{number:01}", "42", False),
    ],
)
def test_a_pattern_gives_numbers(text, number, has_year):
    assert number_patterns.checked("invoice_pattern", f" {text} ") == text
    assert Pattern(text).number(2026, 42) == number
    assert Pattern(text).has_year is has_year


@pytest.mark.parametrize(
    "text",
    [
        "INV-{year}", "{number}{number}", "{year}{year}{number}", "INV {number}", "{number:6}", "{number:010}",
        "{year:04}{number}", "{0}{number}", "{number.real}", "{{number}}", "Ρ-{number}", "{number", "<{number}>",
        "A" * 22 + "{number}", "INV\n{number}",
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(text):
    with pytest.raises(InvalidInput) as refused:
        number_patterns.checked("invoice_pattern", text)
    assert refused.value.field == "invoice_pattern"


@pytest.mark.parametrize(
    "one, other, may",
    [
        ("INV-{number}", "CN-{number}", False),
        ("INV-{year}-{number:06}", "INV-{year}-{number}", True),
        ("{number}", "2{number}", True),
        ("{year}-{number}", "CN-{year}-{number}", False),
        ("A{number}", "A{year}{number}", True),
        ("A-{number}", "A-C{number}", False),
    ],
)
def test_two_patterns_never_give_the_same_number(one, other, may):
    assert number_patterns.may_collide(one, other) is may
    assert number_patterns.may_collide(other, one) is may
