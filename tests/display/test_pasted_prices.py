import pytest

from portal.display.prices.pasted_prices import LONGEST, PastedRow, rows_of

pytestmark = pytest.mark.sqlite  # no SQL


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("BT-MAILBOX\t100\t12.5 %", ("BT-MAILBOX", "100", "12.5 %")),
        ("BT-MAILBOX;100;10.50;", ("BT-MAILBOX", "100", "10.50")),
        ("BT-MAILBOX,100,10.50", ("BT-MAILBOX", "100", "10.50")),
        ("BT-MAILBOX 100 12.5 %", ("BT-MAILBOX", "100", "12.5 %")),
        ("  BT-MAILBOX   11.90 ", ("BT-MAILBOX", "1", "11.90")),
        ("BT-MAILBOX\t\t11.90\t", ("BT-MAILBOX", "1", "11.90")),
        ('"BT-MAILBOX";"100";"10.50"', ("BT-MAILBOX", "100", "10.50")),
        ("BT-MAILBOX\t11,90", ("BT-MAILBOX", "1", "11,90")),  # the comma divides no cells, and money refuses it
        ("BT-MAILBOX;1;1,234.50", ("BT-MAILBOX", "1", "1,234.50")),
        ("BT-MAILBOX", None),
        ("BT-MAILBOX;1;2;3", None),
        ("BT-MAILBOX EUR 11.90", None),
    ],
)
def test_a_line_is_read_whatever_divides_it(line, cells):
    assert [row for _line, row in rows_of(line)] == [cells and PastedRow(*cells)]


def test_a_text_that_is_too_long_is_refused_and_not_cut(app):
    with app.app_context(), pytest.raises(ValueError, match="too long"):
        list(rows_of("BT-MAILBOX 1\n" * LONGEST))
