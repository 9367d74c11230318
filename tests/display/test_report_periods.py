"""Periods of reports, and the columns of their charts."""

from datetime import date

import pytest

from portal.display.reports import chart
from portal.display.reports.chart import Bar
from portal.services.reports.periods import Period, Span

pytestmark = pytest.mark.sqlite  # no database is asked


@pytest.mark.parametrize(
    ("text", "first", "last", "before"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31), "2025"),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31), "2025-Q4"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "2024-01"),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31), "2026-11"),
    ],
)
def test_a_period_is_read_from_its_key(text, first, last, before):
    period = Period.read(text)
    assert (period.first, period.last, period.key, period.before.key) == (first, last, text, before)
    assert period.before.following == period


@pytest.mark.parametrize("text", ["", "26", "1999", "2026-13", "2026-Q5", "2026-1", "2026-Q1 ", "٢٠٢٦"])
def test_nothing_else_is_a_period(text):
    with pytest.raises(ValueError, match=".*"):
        Period.read(text)


@pytest.mark.parametrize(
    ("first", "last", "months", "days"),
    [
        ((2026, 1, 1), (2026, 3, 31), [((2026, 1, 1), (2026, 3, 1))], []),
        ((2026, 1, 2), (2026, 3, 30), [((2026, 2, 1), (2026, 2, 1))],
         [((2026, 1, 2), (2026, 1, 31)), ((2026, 3, 1), (2026, 3, 30))]),
        ((2026, 1, 15), (2026, 2, 14), [], [((2026, 1, 15), (2026, 2, 14))]),
        ((2026, 1, 15), (2026, 2, 28), [((2026, 2, 1), (2026, 2, 1))], [((2026, 1, 15), (2026, 1, 31))]),
        ((2026, 5, 5), (2026, 5, 5), [], [((2026, 5, 5), (2026, 5, 5))]),
        ((2026, 12, 1), (2027, 1, 1), [((2026, 12, 1), (2026, 12, 1))], [((2027, 1, 1), (2027, 1, 1))]),
    ],
)  # fmt: skip
def test_whole_months_and_the_days_beside_them_are_the_period(first, last, months, days):
    def spans(found):
        return [(date(*start), date(*end)) for start, end in found]

    assert Period.between(date(*first), date(*last)).parts == (spans(months), spans(days))


def test_days_are_compared_with_as_many_before_and_with_a_year_before():
    period = Period.between(date(2024, 2, 10), date(2024, 2, 29))
    assert (period.before.first, period.before.last) == (date(2024, 1, 21), date(2024, 2, 9))
    assert (period.year_before.first, period.year_before.last) == (date(2023, 2, 10), date(2023, 2, 28))
    leap = Period.read("2023-02")
    assert Period.read("2024-02").year_before == leap
    assert Period(Span.MONTH, date(2025, 2, 1), date(2025, 2, 28)).year_before == Period.read("2024-02")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 2, 1), date(2026, 1, 1)),
        (date(1, 1, 1), date(1, 2, 1)),
        (date(2090, 1, 1), date(9999, 12, 31)),
        (date(2000, 1, 1), date(2020, 1, 1)),
    ],
)
def test_days_that_make_no_period_are_refused(first, last):
    with pytest.raises(ValueError, match=".*"):
        Period.between(first, last)


def test_the_highest_column_fills_the_chart_and_parts_stand_on_one_another():
    high, low, empty = chart.columns([Bar("a", [("x", 30), ("y", 10)]), Bar("b", [("x", 20)]), Bar("c", [])])
    assert [part.y for part in high.parts] == [f"{145 - 123 * 0.75:.1f}", "22.0"]
    assert (low.parts[0].y, low.parts[0].height) == (f"{145 - 123 / 2:.1f}", f"{123 / 2 - 1:.1f}")
    assert empty.parts == []
    assert float(high.x[:-1]) < float(low.x[:-1]) < float(empty.x[:-1]) < 100


def test_labels_that_find_no_room_are_left_out():
    drawn = chart.columns([Bar(str(day), [("x", 1)], "1") for day in range(31)])
    assert 5 <= sum(bool(column.label) for column in drawn) <= chart.MOST_LABELS
    assert not any(column.value for column in drawn)
