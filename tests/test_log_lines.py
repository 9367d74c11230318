"""Nobody writes a line into a log but the portal."""

import io
import logging

import pytest

from portal import log_lines

FORGED = "\n2026-01-01 ERROR all is lost"


@pytest.fixture
def logged():
    log_lines.install()
    stream, log = io.StringIO(), logging.getLogger("of a library")
    handler = logging.StreamHandler(stream)
    log.addHandler(handler)
    yield log, lambda: stream.getvalue().splitlines()
    log.removeHandler(handler)


@pytest.mark.parametrize("mark", ["\n", "\r", "\x1b[2K", "\x85", "\u2028", "\0", "\x0b"])
def test_what_would_end_a_line_or_move_the_cursor_is_spelt_out(logged, mark):
    log, lines = logged
    log.error("no such page: %s", f"/a{mark}b")
    [line] = lines()
    assert mark not in line
    assert line.startswith("no such page: /a\\")


def test_an_exception_cannot_write_a_line_either(logged):
    log, lines = logged
    try:
        raise ValueError(f"not a number: 7{FORGED}")
    except ValueError:
        log.exception("at /a")
    assert lines()[0] == "at /a"
    assert all(line.startswith("  ") for line in lines()[1:])
    assert any("all is lost" in line for line in lines())
