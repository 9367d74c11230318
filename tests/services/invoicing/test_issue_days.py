"""The day of an invoice: today or soon, and never before the newest number."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.errors import InvalidInput
from portal.core.transaction import transaction
from portal.models import InvoiceKind
from portal.services import company
from portal.services.invoicing import numbering


@pytest.fixture
def today(billing):
    return billing.do(clock.today)


def test_nothing_is_issued_for_a_day_that_is_over_or_far_away(billing, today):
    (draft,) = billing.draft()
    with pytest.raises(InvalidInput) as refused:
        billing.issue(draft, issued_on=today - timedelta(days=1))
    assert refused.value.field == "issued_on"
    with pytest.raises(InvalidInput, match="within 31 days") as refused:
        billing.issue(draft, issued_on=today + timedelta(days=32))
    assert refused.value.field == "issued_on"
    with pytest.raises(InvalidInput) as refused:
        billing.issue(draft, due_on=today - timedelta(days=1))
    assert refused.value.field == "due_on"
    with pytest.raises(InvalidInput, match="within 365 days"):
        billing.issue(draft, due_on=today + timedelta(days=366))


def test_no_number_is_of_an_earlier_day_than_the_one_before(billing, today):
    later = min(today.replace(month=12, day=31), today + timedelta(days=31))
    billing.issue(billing.draft()[0], issued_on=later)
    if today != later:
        with pytest.raises(InvalidInput) as refused:
            billing.issue(billing.draft()[0], issued_on=today)
        assert refused.value.field == "issued_on"
    assert billing.issue(billing.draft()[0], issued_on=later).number.endswith("2")


def test_whoever_chooses_no_day_gets_the_first_that_is_possible(billing, today):
    later = min(today.replace(month=12, day=31), today + timedelta(days=31))
    assert billing.issued().issued_on == today
    billing.issue(billing.draft()[0], issued_on=later)
    issued = billing.issued()
    assert (issued.issued_on, issued.number[-1]) == (later, "3")
    assert issued.due_on > later


def test_each_year_has_its_numbers(billing, today):
    next_year = today.replace(year=today.year + 1, month=1, day=2)
    assert billing.issued().number == f"INV-{today.year}-000001"
    assert billing.do(lambda: taken(next_year)) == f"INV-{today.year + 1}-000001"
    assert billing.issued().number == f"INV-{today.year}-000002"


def taken(day) -> str:
    series = numbering.series_of(company.row(), InvoiceKind.INVOICE)
    numbering.open_series(series, day)
    with transaction():
        return numbering.take(series, day)
