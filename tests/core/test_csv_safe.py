"""CSV files: no cell that a spreadsheet would run, by whatever mark it separates cells; and all comes back."""

import csv
import io
import random
from itertools import product

import pytest

from portal.core.csv_safe import harmless, plain, text_of, text_of_columns

SEPARATORS = (",", ";", "\t", "|")
MARKS = ("=", "-", "a", "1", " ", '"', "'", ";", ",", "|", "\t", "\n", "＠", "\0", "\ufeff")
SHORT = ["".join(marks) for length in range(4) for marks in product(MARKS, repeat=length)]
UNSEEN = "".join(chr(code) for code in range(33)) + "\xa0\ufeff\u200b\u3000"


def opened(text: str, separator: str) -> list[str]:
    """All cells as a lenient spreadsheet reads them; the csv module is one."""
    return [
        cell
        for takes_spaces in (False, True)
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=takes_spaces)
        for cell in row
    ]


def runs(cell: str) -> bool:
    start = cell.strip(UNSEEN)
    return start.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


def test_each_text_comes_back_as_it_was():
    for text in SHORT:
        assert plain(harmless(text)) == text
        assert plain(harmless(harmless(text))) == harmless(text)


def test_the_attack_that_was_seen_is_kept_from_running():
    name = "Licences;=cmd|'/C calc'!A0"
    text = text_of([["AS-1", name, 25]])
    assert any(runs(cell) for cell in opened(text.replace(harmless(name), name), ";"))  # quotation marks alone
    assert not any(runs(cell) for separator in SEPARATORS for cell in opened(text, separator))
    assert opened(text, ",")[1] == "Licences;'=cmd|'/C calc'!A0"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_is_run_by_whatever_mark_cells_are_separated(delimiter):
    chosen = random.Random(1)
    lines = [[chosen.choice(SHORT), text, chosen.choice(SHORT)] for text in chosen.sample(SHORT, 300)]
    for line in lines:
        text = text_of([line], delimiter)
        for separator in SEPARATORS:
            faults = [cell for cell in opened(text, separator) if runs(cell)]
            assert not faults, (line, separator)
        assert [plain(cell) for cell in next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))] == line


def test_many_at_once_are_written_like_each_alone():
    chosen = random.Random(2)
    lines = [[chosen.choice(SHORT), number, chosen.choice("ab")] for number in range(500)]
    assert text_of_columns(zip(*lines, strict=True)) == text_of(lines)


def test_each_cell_stands_in_quotation_marks():
    assert text_of([["Plain", 25, "", 'a "b"']]) == '"Plain","25","","a ""b"""\r\n'


@pytest.mark.parametrize("separator", ["؛", "،", "；", "，", "、"])
def test_neither_by_the_marks_of_other_scripts(separator):
    """Persian Windows separates cells by the first."""
    name = f"Licences{separator}=1+1"
    assert harmless(name) == f"Licences{separator}'=1+1"
    assert plain(harmless(name)) == name
    assert text_of_columns([[name]]) == text_of([[name]])


@pytest.mark.parametrize("text", ["Plain", "Mailbox – 5", "a-b", "AS-1", "2026-03-01", "…1234", "1,5", "a, b", ""])
def test_what_runs_nowhere_stays_as_it_is(text):
    assert harmless(text) == text
