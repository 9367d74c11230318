"""Amounts as people type them."""

import pytest

from portal.core import money

pytestmark = pytest.mark.sqlite  # no database decides it: once is enough


@pytest.fixture(autouse=True)
def in_context(app):
    """For the sentences."""
    with app.app_context():
        yield


@pytest.mark.parametrize(
    "text, currency, units",
    [("10000.50", "EUR", 1_000_050), ("10,000.5", "EUR", 1_000_050), ("1000", "JPY", 1000), ("0.1", "EUR", 10),
     ("1.234", "KWD", 1234), ("9007199254740.93", "EUR", 900719925474093), ("7.00", "JPY", 7)],
)  # fmt: skip
def test_money_is_read_exactly(text, currency, units):
    assert money.minor_units(text, currency) == units
    assert money.minor_units(money.major_units(units, currency), currency) == units


@pytest.mark.parametrize("text", ["1,50", "1.005", "-1", "1e3", "=1+1", "٣", "1 000,00", "9" * 20, "", "."])
def test_money_that_could_mean_two_things_is_not_guessed(text):
    with pytest.raises(ValueError):
        money.minor_units(text, "EUR")
