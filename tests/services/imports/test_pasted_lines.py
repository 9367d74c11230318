"""Pasted lines of number and code become a file that an import reads."""

import csv

import pytest

from portal.core.errors import InvalidInput
from portal.services.imports.attaching.pasted_lines import as_file

pytestmark = pytest.mark.sqlite  # what a text says is read without the database: once is enough

HEADS = ["Number", "Old number", "Coupon code"]


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(as_file(text).getvalue().decode().splitlines()))


@pytest.mark.parametrize("between", [",", ";", "\t", " ", "  ", " , "])
def test_each_separator_is_understood(between):
    text = f"AS-1{between}SBX-HAND-0001\r\n\r\nAS-2{between}SBX-HAND-0002\n"
    assert rows(text) == [HEADS, ["AS-1", "", "SBX-HAND-0001"], ["AS-2", "", "SBX-HAND-0002"]]


def test_a_number_of_the_old_system_and_a_code_that_comes_first():
    assert rows("OLD-7,SBX-HAND-0001\nSBX-HAND-0002,AS-2")[1:] == [
        ["", "OLD-7", "SBX-HAND-0001"],
        ["AS-2", "", "SBX-HAND-0002"],
    ]


def test_a_text_with_a_heading_stays_as_it_is():
    text = "Coupon code;Number\nSBX-HAND-0001;AS-1"
    assert as_file(text).getvalue().decode() == text


def test_a_line_that_is_not_understood_keeps_its_cells():
    text = "AS-1\nAS-2,SBX-HAND-0002,more\nAS-3 SBX-HAND-0003"
    assert rows(text)[1:3] == [["AS-1", ""], ["AS-2", "", "SBX-HAND-0002", "more"]]


@pytest.mark.parametrize("text", ["", " \n\t\n", "AS-1", "AS-1 #N/A", "Zoë", "AS-1,SBX-HAND-0001,more", "a\0b"])
def test_a_text_without_a_line_that_can_be_understood_is_refused(app, text):
    with app.app_context(), pytest.raises(InvalidInput):
        as_file(text)
