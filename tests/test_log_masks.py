"""What a line of a log may not hold, in the words of those who write such lines."""

import io
import logging
import secrets
import subprocess
import sys
import time

import pytest

from portal import config, log_masks
from tests.settings import make_settings

TOKEN = "Zr8xV1-qPw_7Lk2mNbTgYc5dHsJf3oXaEiUv9tQy0Ku"
ENCODED = "".join(f"%{ord(mark):02X}" for mark in TOKEN)

LINES = [
    f"127.0.0.1 POST /links/{TOKEN} 405",
    f"127.0.0.1 GET /links/{TOKEN}/ 404",
    f"127.0.0.1 GET /links/{TOKEN}/more/of/it 404",
    f"127.0.0.1 GET //links//{TOKEN} 404",
    f"127.0.0.1 GET /LINKS/{TOKEN} 404",
    f"127.0.0.1 GET /links%2F{TOKEN} 404",
    f"127.0.0.1 GET /%6cinks/{TOKEN} 404",
    f"127.0.0.1 GET /%256cinks%252F{TOKEN} 404",
    f"127.0.0.1 GET /links/{ENCODED} 404",
    f"127.0.0.1 POST /handover/{TOKEN} 422",
    f"127.0.0.1 GET /HANDOVER//{TOKEN[:12]}/more 404",
    f"127.0.0.1 GET /handover%2F{TOKEN[:12]} 404",
    f"127.0.0.1 GET /calendar/{TOKEN[:12]}.ics 200",
    f"Invalid HTTP header: 'Referer http://portal.example/handover/{TOKEN[:12]}'",
    f"127.0.0.1 GET /{TOKEN} 404",
    f"Error handling request GET /links/{TOKEN}?utm_source=mail",
    f"Invalid request from ip=127.0.0.1: Invalid HTTP request line: 'GET /links/{TOKEN}'",
    f"Invalid HTTP header: 'Referer http://portal.example/links/{TOKEN}'",
    f"Invalid HTTP header: 'Cookie: session={TOKEN}'",
    f"{{'Cookie': 'link={TOKEN}; device=x'}}",
    f"/bss/billing/assets/5/edit?draft={TOKEN[:20]}",
    f"Authorization: Ticket {TOKEN[:16]}",
    f"headers {{'Authorization': 'Ticket {TOKEN[:16]}'}}",
    f'{{"EmailAddress": "x@y.example", "Password": "{TOKEN[:9]}"}}',
    f'{{"Codes": ["{TOKEN[:12]}"]}}',
    f"/bss/billing/assets?q={TOKEN[:12]}&page=2",
    f"could not connect to postgresql://portal:{TOKEN[:9]}@db.example/portal",
    f"duplicate key value\nDETAIL:  Key (code)=({TOKEN[:12]}) already exists.",
    f"null value in column\nDETAIL:  Failing row contains (17, {TOKEN[:12]}, recorded).",
    f'CONTEXT:  COPY coupons, line 5, column code: "{TOKEN[:12]}"',
    f'CONTEXT:  COPY coupons, line 5: "17\t{TOKEN[:12]}\trecorded"',
    f'invalid input syntax for type integer: "{TOKEN[:12]}"',
    f"[SQL: SELECT 1]\n[parameters: {{'code': '{TOKEN[:12]}'}}]\n(Background on this error)",
]
HARMLESS = [
    "127.0.0.1 GET /bss/billing/assets/17 200 5120 bytes 12 ms",
    "127.0.0.1 GET /bss/billing/assets/5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b01 404 5120 bytes 12 ms",
    "127.0.0.1 GET /bss/billing/calendar 200 5120 bytes 12 ms",
    "127.0.0.1 GET /bss/caf%C3%A9 404 99 bytes 1 ms",
    '  File "/srv/portal/services/provisioning/settling.py", line 93, in take',
    "unexpected error 1f2e3d4c at GET /bss/billing/assets/17",
]


@pytest.mark.parametrize("line", LINES)
def test_a_secret_is_taken_out_of_a_line(line):
    shown = log_masks.masked(line)
    assert log_masks.HIDDEN in shown
    assert TOKEN[:9] not in shown
    assert "%5A%72%38" not in shown.upper()


@pytest.mark.parametrize("line", HARMLESS)
def test_any_other_line_stays_as_it_is(line):
    assert log_masks.masked(line) == line


def test_every_token_that_the_portal_makes_is_known_by_its_looks():
    for _ in range(500):
        token = secrets.token_urlsafe(32)
        assert token not in log_masks.masked(f"GET /nowhere/{token}")


@pytest.mark.parametrize("piece", ["://a:", "'code", "?code", "Aa1-", "%41", "/links", "'", "a"])
def test_no_line_takes_long_to_look_through(piece):
    begun = time.process_time()
    log_masks.masked(piece * (100_000 // len(piece)))
    assert time.process_time() - begun < 5


def test_no_handler_or_formatter_goes_around_it(tmp_path):
    settings = make_settings("postgresql://portal:correct%20horse@localhost/portal", tmp_path)
    log_masks.install(settings.secrets)
    written = io.StringIO()
    log = logging.Logger("of a server that nobody knows yet")
    log.addHandler(logging.StreamHandler(written))
    try:
        raise ValueError(f"cannot use {settings.secret_key!r} at /links/{TOKEN}")
    except ValueError:
        log.exception("%s %s", "GET", f"/links/{TOKEN}")
    log.error("password is %s", "correct horse")
    assert TOKEN not in written.getvalue()
    assert settings.secret_key not in written.getvalue()
    assert "correct horse" not in written.getvalue()


def test_settings_do_not_show_their_secrets_when_printed(tmp_path):
    secret = {"SECRET_KEY": "0123456789abcdef-key", "METRICS_TOKEN": "0123456789abcdef-token"}
    server = {"BITTITAN_URL": "http://127.0.0.1:9", "BITTITAN_EMAIL": "a@b.example", "BITTITAN_PASSWORD": "whispered"}
    settings = make_settings("postgresql://portal:correct-horse@localhost/portal", tmp_path, **secret, **server)
    assert [each for each in settings.secrets if each and each in repr(settings)] == []


@pytest.mark.parametrize("url", ["postgresql://u:pa@ss:whispered@h/db", "postgresql://u:x@h:whispered/db"])
def test_an_address_of_a_database_that_is_none_is_refused_without_being_shown(tmp_path, url):
    with pytest.raises(config.ConfigError) as refusal:
        make_settings(url, tmp_path)
    assert "whispered" not in str(refusal.value)


def test_what_a_command_dies_of_does_not_show_a_code():
    dies = f"raise ValueError('DETAIL:  Key (code)=({TOKEN[:12]}) already exists.')"
    code = f"from portal import log_masks\nlog_masks.install([])\n{dies}\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert log_masks.HIDDEN in done.stderr
    assert f"({TOKEN[:12]}) " not in done.stderr.splitlines()[-1]
