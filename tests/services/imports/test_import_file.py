"""From bytes to records: encodings, delimiters, broken lines, and files that are something else."""

import io
import zipfile

import pytest

from portal.services.imports import import_file
from portal.services.imports.import_file import MOST_LINES, CsvReader, Unreadable
from tests import files

pytestmark = pytest.mark.sqlite  # no database is asked: once is enough
HEADS = ("Asset ID", "Name", "Quantity")


@pytest.fixture(autouse=True)
def _context(app_context):
    """Sentences are translated."""


def read(content: bytes):
    writing = import_file.format_of(lambda: io.BytesIO(content))
    reader = CsvReader(io.BytesIO(content), writing)
    heads = reader.heading(lambda cells: len({cell.strip() for cell in cells} & set(HEADS)))
    return writing, heads, list(reader)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
def test_the_same_records_however_they_are_written(delimiter, end, encoding):
    rows = [
        {"Asset ID": "1", "Name": "Süd; ein, Test", "Quantity": "5"},
        {"Asset ID": "2", "Name": "two\nlines", "Quantity": "6"},
        {"Asset ID": "3", "Name": 'said "nine"', "Quantity": "7"},
    ]
    content = files.written(rows, delimiter=delimiter, end=end, encoding=encoding)
    _, heads, records = read(content)
    assert heads == list(HEADS)
    assert [record.cells for record in records] == [list(row.values()) for row in rows]
    assert [record.line for record in records] == [2, 3, 5]


def test_what_is_not_utf_8_is_windows_1252():
    writing, _, records = read("Asset ID,Name,Quantity\n1,Postfächer „Süd“ €,5\n".encode("cp1252"))
    assert writing.encoding == "cp1252"
    assert records[0].cells[1] == "Postfächer „Süd“ €"


def test_one_bad_byte_does_not_turn_utf_8_into_something_else():
    content = "Asset ID,Name,Quantity\n1,Müller Süd,5\n2,Łódź,6\n".encode() + b"3,M\xfcller,7\n"
    _, _, records = read(content)
    assert [record.cells[1] for record in records[:2]] == ["Müller Süd", "Łódź"]
    assert "\udcfc" in records[2].cells[1]


def test_a_first_line_that_names_the_delimiter_is_obeyed():
    _, heads, records = read(b"sep=;\r\nAsset ID;Name;Quantity\r\n1;a,b;5\r\n")
    assert (heads, records[0].cells, records[0].line) == (list(HEADS), ["1", "a,b", "5"], 3)


def test_blank_lines_are_no_records():
    _, _, records = read(b"\n\nAsset ID,Name,Quantity\n\n1,a,5\n,,\n  \n\n")
    assert [(record.line, record.cells) for record in records] == [(5, ["1", "a", "5"])]


def test_an_open_quotation_mark_costs_its_line_only():
    content = b'Asset ID,Name,Quantity\n1,a,5\n2,"open,6\n3,c,7\n4,"d, d",8\n5,"e" e,9\n6,f,10\n'
    _, _, records = read(content)
    assert [(record.line, record.is_broken) for record in records] == [
        (2, False), (3, True), (4, False), (5, False), (6, True), (7, False),
    ]  # fmt: skip
    assert records[3].cells == ["4", "d, d", "8"]


def test_quotation_marks_that_close_and_open_on_each_line_are_not_read_for_ever(monkeypatch):
    """Each line begins a record that no later line ends, and all that follow would be read again for it."""
    taken, take = [], CsvReader._take
    monkeypatch.setattr(CsvReader, "_take", lambda reader: taken.append(take(reader)) or taken[-1])
    lines = 2000
    assert len(read(b"Code,Name\n" + b'a","b\n' * lines)[2]) == lines
    assert len(taken) <= (MOST_LINES + 2) * lines


def test_an_open_quotation_mark_at_the_end_costs_its_line_only():
    _, _, records = read(b'Asset ID,Name,Quantity\n1,"open,5\n' + b"2,b,6\n" * 20_000)
    assert [record.is_broken for record in records].count(True) == 1
    assert len(records) == 20_001


def test_a_line_that_is_too_long_costs_itself_only():
    long = b'2,"' + b"x" * 300_000 + b'",6'
    _, _, records = read(b"\n".join([b"Asset ID,Name,Quantity", b"1,a,5", long, b'3,"c\nd",7', long, b"4,e,8"]))
    assert [(record.line, record.is_cut) for record in records] == [
        (2, False), (3, True), (4, False), (6, True), (7, False),
    ]  # fmt: skip
    assert max(len(cell) for record in records for cell in record.cells) == 1000


def test_a_zero_byte_costs_its_line_only():
    _, _, records = read(b'Asset ID,Name,Quantity\n1,a\0b,5\n2,"c\0",6\n')
    assert [record.cells[1] for record in records] == ["a\0b", "c\0"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n  \r\n", "is empty"),
        (b"Asset ID,Name\0,Quantity\n", "not a CSV file"),
        (b"%PDF-1.7\n", "not a CSV file"),
        (b"\x1f\x8b\x08\x00", "not a CSV file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save the sheet"),
        (b"Asset ID,Name,Quantity".ljust(100_000, b"x"), "too long"),
        ("Asset ID,Name,Quantity\n1,a,5\n".encode("utf-16-le"), "not a CSV file"),
        ("Asset ID,Name,Quantity\n1,a,5\n".encode("utf-32"), "not a CSV file"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_do(content, sentence):
    with pytest.raises(Unreadable) as refusal:
        read(content)
    assert sentence in refusal.value.message


def test_a_workbook_is_told_from_a_list():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(Unreadable) as refusal:
        read(content.getvalue())
    assert "save the sheet as “CSV UTF-8”" in refusal.value.message
