"""What spreadsheets and other programs leave at the edges of a file, and what stands in the way of its heading."""

import pytest

from portal.models import ImportState
from portal.services import imports
from tests.files import ASSET_HEADS, CASES, account, asset, bring, counts, written

pytestmark = pytest.mark.sqlite  # staged rows are compared on both databases elsewhere
ROW = written([asset()])
HEADING, RECORD = ROW.decode().splitlines()


@pytest.fixture(autouse=True)
def _context(app_context):
    """Services are called directly."""


def endings() -> dict[str, bytes]:
    blanks = {"commas": b",,,,,,,,,,\n" * 30, "lines": b"\n \n\t\n\r\n", "nothing": b""}
    marks = {
        "Ctrl-Z": b"\x1a", "several": b"\x1a" * 100 + b"\r\n", "zeros": b"\0" * 512, "a mark": b"\xef\xbb\xbf",
        "a block of zeros": b"\0" * 200_000, "both": b"\x1a" + b"\0" * 100, "heading again": b"\xef\xbb\xbf" + ROW[:-1],
    }  # fmt: skip
    return {f"{blank}, {mark}": blanks[blank] + marks[mark] for blank in blanks for mark in marks}


@pytest.mark.parametrize("ending", endings())
def test_what_is_left_at_the_end_is_no_row(world, ending):
    end = endings()[ending]
    if "heading" in ending:  # two files were joined
        end = end.replace(RECORD.encode(), b"")
    assert counts(bring(world, ROW + end)) == (1, 0, 0, 0)


@pytest.mark.parametrize("end", [b"\x1a", b"\0" * 64, b"\0" * 100_000, b"\x1a\0\0"])
def test_the_last_line_needs_no_end_of_its_own(world, end):
    assert counts(bring(world, ROW.rstrip() + end)) == (1, 0, 0, 0)


@pytest.mark.parametrize("beginning", [b"\xef\xbb\xbf\xef\xbb\xbf", b"\n\n", b",,,,,,\n;;\n", b"\xef\xbb\xbf\r\n"])
def test_what_stands_before_the_heading_and_is_nothing_is_skipped(world, beginning):
    assert counts(bring(world, beginning + ROW)) == (1, 0, 0, 0)


def test_utf_16_has_such_an_end_too(world):
    assert counts(bring(world, ROW.decode().encode("utf-16") + b"\x1a")) == (1, 0, 0, 0)
    assert counts(bring(world, (ROW.decode() + "\x1a\0\0").encode("utf-16"))) == (1, 0, 0, 0)


def test_in_the_middle_it_is_damage(world):
    assert counts(bring(world, ROW + RECORD.replace("Mailboxes", "a\x1ab").encode() + b"\n" + ROW[:-1])) == (0, 0, 0, 3)


ASSETS_NEED = "Assets need: Asset ID, Name, Product"
ACCOUNTS_NEED = "Accounts need: Code, Name, Type"
PIPES = written([asset()], delimiter="|")
REFUSED = [
    ((CASES / "assets-with-title-lines.csv").read_bytes(), ("seen on line 3", "delete all lines above", ASSETS_NEED)),
    ((CASES / "assets-with-pipes.csv").read_bytes(), ("separated by “|”", ASSETS_NEED)),
    ((CASES / "assets-lines-in-quotes.csv").read_bytes(), ("Each line is in quotation marks", ASSETS_NEED)),
    (b"Our customers\n\n" + written([account()]), ("seen on line 3", ACCOUNTS_NEED)),
    (b"Our licences\n" + PIPES, ("seen on line 2", "separated by “|”", ASSETS_NEED)),
    (b"sep=|\n" + PIPES, ("separated by “|”", ASSETS_NEED)),
    (written([asset()], delimiter="^"), ("separated by “^”", ASSETS_NEED)),
    (written([asset()], delimiter="\x1f"), ("separated by spaces or an invisible sign", ASSETS_NEED)),
    ("   ".join(ASSET_HEADS).encode() + b"\n", ("separated by spaces", ASSETS_NEED)),
    (f'"{HEADING.replace(",", ";")}";;;\n'.encode(), ("Each line is in quotation marks", ASSETS_NEED)),
    (b"Vertrag,Kunde,Menge\n1,2,3\n", ("no heading was seen", ASSETS_NEED, ACCOUNTS_NEED)),
    (RECORD.encode() + b"\n", ("no heading was seen", ASSETS_NEED, ACCOUNTS_NEED)),
    (b"<html><table><tr><td>Code", ("web page or XML", ASSETS_NEED, ACCOUNTS_NEED)),
    (b'[{"Code": "A"}]', ("JSON", ASSETS_NEED, ACCOUNTS_NEED)),
    (ROW.decode().encode("utf-16-le"), ("not a CSV file", "UTF-16 without a mark", "save the list as “CSV UTF-8”")),
    (ROW.decode().encode("utf-16-be"), ("not a CSV file", "UTF-16 without a mark")),
    (ROW.decode().encode("utf-32"), ("not a CSV file", "UTF-32")),
    (b"\0" * 5000, ("The file is empty.",)),
]


@pytest.mark.parametrize(("content", "sentences"), REFUSED)
def test_a_refusal_names_what_is_in_the_way(world, content, sentences):
    file = bring(world, content)
    assert file.state is ImportState.UNREADABLE
    missing = [sentence for sentence in sentences if sentence.lower() not in file.problem.lower()]
    assert missing == [], file.problem
    others = {ASSETS_NEED, ACCOUNTS_NEED} - set(sentences)
    assert len(others) == 2 or not any(other in file.problem for other in others), "the columns of the right kind"
    imports.discard(file)
