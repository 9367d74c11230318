"""Who came to the doors, and what became of it: rows, lines, and never a secret."""

import json
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.core import clock, security_log
from portal.core.security_log import minute, writing
from portal.core.transaction import transaction
from portal.database import WRITES
from portal.extensions import db
from portal.models import SecurityEvent
from portal.services import users
from tests.apps import opened
from tests.browser import Browser
from tests.people import PASSWORD
from tests.settings import make_settings

pytestmark = pytest.mark.sqlite

TYPED = "my-secret-password-in-the-wrong-field"
MEMBERS = ("event", "outcome", "count", "person_id", "subject", "subject_id", "detail")


@pytest.fixture(autouse=True)
def _within_one_minute(monkeypatch):
    """Nothing is counted twice because the clock’s minute ended in the middle of a test."""
    monkeypatch.setattr(security_log, "time", SimpleNamespace(monotonic=lambda: 0.0))


@pytest.fixture
def events(app):
    """`events("sign_in")`: their members, oldest first."""

    def read(*names: str, members=MEMBERS) -> list[tuple]:
        with app.app_context():
            rows = db.session.scalars(select(SecurityEvent).order_by(SecurityEvent.id)).all()
        return [tuple(getattr(row, name) for name in members) for row in rows if not names or row.event in names]

    return read


def try_to_sign_in(app, email: str, password: str, **options):
    browser = Browser(app)
    token = browser.visit("/sign-in").csrf_token
    fields = {"csrf_token": token, "email": email, "password": password}
    return browser.raw("POST", "/sign-in", data=fields, **options)


def a_minute_later(app) -> None:
    app.extensions["portal.security_log"].number -= 1


def test_sign_ins_good_and_bad_and_throttled_are_told(app, world, events):
    try_to_sign_in(app, world.dana.email, PASSWORD)
    for _ in range(6):
        try_to_sign_in(app, world.carl.email, "a wrong one")
    assert events("sign_in", members=("outcome", "person_id", "account_id", "detail")) == [
        ("succeeded", world.dana.id, world.distributor.id, None),
        ("failed", world.carl.id, world.customer.id, "wrong password"),
        ("throttled", world.carl.id, world.customer.id, None),
    ]
    ((method, route, address, number),) = events("sign_in", members=("method", "route", "address", "request_id"))[:1]
    assert (method, route, address) == ("POST", "auth.sign_in", "127.0.0.1")
    assert re.fullmatch("[0-9a-f]{16}", number)


def test_what_was_typed_is_never_told(app, world, events, capfd):
    try_to_sign_in(app, TYPED, TYPED)
    assert events("sign_in", members=("outcome", "person_id", "detail")) == [("failed", None, "unknown address")]
    Browser(app).raw("GET", f"/bss/{TYPED}?q={TYPED}")
    with app.app_context():
        rows = db.session.execute(text("SELECT * FROM security_events")).all()
    assert TYPED not in repr(rows)
    out, err = capfd.readouterr()
    assert TYPED not in out + err


def test_each_event_is_a_line_of_json_too(app, world, capfd):
    try_to_sign_in(app, world.dana.email, PASSWORD)
    (line,) = [json.loads(line) for line in capfd.readouterr().out.splitlines() if '"security"' in line]
    assert (line["log"], line["event"], line["outcome"], line["person_id"]) == (
        "security", "sign_in", "succeeded", world.dana.id,
    )  # fmt: skip
    assert line["time"].endswith("+00:00")


def test_a_link_is_told_from_its_making_to_its_use(app, world, browse, events):
    with app.app_context():
        token = users.renew_link(world.reload(world.carl), by="command line")
    guest, late = Browser(app), Browser(app)
    page = guest.visit(f"/links/{token}")
    late.visit(f"/links/{token}")
    chosen = {"new": "a calm new lantern", "repeat": "a calm new lantern"}
    guest.raw("POST", "/links", data={"csrf_token": page.csrf_token} | chosen)
    late.raw("GET", "/links")
    carl = world.carl.id
    assert events(members=("event", "outcome", "person_id", "subject_id", "route")) == [
        ("link_made", "succeeded", None, carl, "command line"),
        ("link_opened", "succeeded", None, carl, "auth.link.enter"),
        ("password_changed", "succeeded", carl, carl, "auth.link.edit"),
        ("link_used", "succeeded", carl, None, "auth.link.edit"),
        ("link_used", "refused", None, None, "auth.link.edit"),
    ]


def test_what_changes_a_person_is_told_and_what_is_rolled_back_is_not(app, world, browse, events):
    browse("carl")
    with app.app_context():
        dora, carl = world.reload(world.dora), world.reload(world.carl)
        users.edit(carl, version=carl.version, email="c@new.example", name=carl.name, role=world.dora.role, by=dora)
        with pytest.raises(ZeroDivisionError):
            _end_sessions_and_break(carl)
        users.disable(carl, by=dora)
    assert events("email_changed", "rights_changed", "sessions_ended", "person_disabled") == [
        ("sessions_ended", "succeeded", 1, None, "user", carl.id, None),
        ("email_changed", "succeeded", 1, dora.id, "user", carl.id, None),
        ("rights_changed", "succeeded", 1, dora.id, "user", carl.id, None),
        ("person_disabled", "succeeded", 1, dora.id, "user", carl.id, None),
    ]


def _end_sessions_and_break(person) -> None:
    with transaction():
        users.sign_in.end_sessions(person)
        raise ZeroDivisionError


def test_refusals_are_told_with_who_and_where(world, browse, events):
    asset = world.asset("synchronized", account=world.rival_customer)
    browse("vera").post("bss.assets.reveal", asset_id=asset.id)
    paula = browse("paula")
    paula.raw("GET", paula.url("storefront.assets.show", asset_id=asset.id))
    paula.raw("GET", "/bss/")
    paula.raw("POST", "/sign-out", data={"csrf_token": "made up"})
    told = events(members=("event", "outcome", "person_id", "route"))
    assert [each for each in told if each[1] == "refused"] == [
        ("no_right", "refused", world.vera.id, "bss.assets.reveal"),
        ("not_visible", "refused", world.paula.id, "storefront.assets.show"),
        ("other_area", "refused", world.paula.id, "bss.index"),
        ("forged", "refused", world.paula.id, "auth.sign_out"),
    ]


def test_codes_that_are_shown_are_told_without_the_code(world, browse, events, capfd):
    asset = world.asset("synchronized")
    dana = browse("dana")
    dana.post("bss.assets.reveal", asset_id=asset.id)
    assert events("code_revealed") == [("code_revealed", "succeeded", 1, world.dana.id, "asset", asset.id, None)]
    assert world.code_of(asset) not in capfd.readouterr().out


def test_whoever_vouches_that_nothing_was_bought_is_told(world, browse, events):
    """In a review, and of an imported asset, by synchronizing and by saving."""
    dana, told = browse("dana"), []
    for act, status in (("attest", "review"), ("sync", "failed"), ("edit", "failed")):
        imported = {"imported_at": datetime.now(UTC), "external_id": f"OLD-{act}", "attempts": 0}
        asset = world.asset(status, **(imported if act != "attest" else {}))
        page = dana.open(f"bss.assets.{act}", asset_id=asset.id)
        typed = {"reason": "BitTitan said so."} if act == "attest" else {"not_bought": "y"}
        dana.submit(page, to={"attest": "attestations", "sync": "syncs", "edit": "edit"}[act], **typed)
        told.append(("not_bought_attested", "succeeded", 1, world.dana.id, "asset", asset.id, None))
    assert events("not_bought_attested") == told


def test_what_repeats_is_counted_and_no_flood_fills_the_table(app, world, events, monkeypatch):
    monkeypatch.setattr(minute, "MOST_A_MINUTE", 3)
    for _ in range(10):
        Browser(app).raw("POST", "/sign-out", environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    assert events("forged", members=("count",)) == [(1,)]
    for last in range(2, 9):
        Browser(app).raw("POST", "/sign-out", environ_overrides={"REMOTE_ADDR": f"192.0.2.{last}"})
    Browser(app).raw("POST", "/sign-out", environ_overrides={"REMOTE_ADDR": "2001:db8::1"})
    try_to_sign_in(app, world.dana.email, PASSWORD)
    assert len(events("forged")) == 3
    assert events("sign_in", members=("outcome",)) == [("succeeded",)], "what succeeded is told in any flood"
    a_minute_later(app)
    try_to_sign_in(app, world.carl.email, PASSWORD)
    assert events("forged", members=("count",))[3:] == [(9,)]
    assert events("more", members=("count",)) == [(6,)]


def test_one_network_of_a_subscriber_is_one_source(app, world, events):
    for last in range(5):
        Browser(app).raw("POST", "/sign-out", environ_overrides={"REMOTE_ADDR": f"2001:db8:1:1::{last}"})
    assert len(events("forged")) == 1


def test_a_log_that_cannot_be_written_keeps_nobody_out(app, world, events, monkeypatch, capfd):
    def broken(*_):
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_insert", broken)
        assert try_to_sign_in(app, world.dana.email, PASSWORD).status_code == 303
    assert events("sign_in") == []
    assert '"event": "sign_in"' in capfd.readouterr().out
    try_to_sign_in(app, world.carl.email, PASSWORD)
    assert [each[0] for each in events("sign_in", members=("person_id",))] == [world.dana.id, world.carl.id]


def test_a_locked_database_delays_a_refusal_by_no_more_than_a_second(app, world, events, monkeypatch):
    monkeypatch.setattr(writing, "PATIENCE", 0.1)
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE users SET version = version WHERE id = 1"))
        assert Browser(app).raw("POST", "/sign-out").status_code == 400
    assert events("forged") == []
    try_to_sign_in(app, world.dana.email, PASSWORD)
    assert len(events("forged")) == 1


def test_it_survives_the_requests_own_rollback(app, world, browse, events, monkeypatch):
    paula = browse("paula")

    def breaks(*_, **__):
        security_log.note(security_log.Event.LIMIT, security_log.Result.THROTTLED, by=world.paula)
        raise RuntimeError("out of the blue")

    monkeypatch.setitem(app.view_functions, "auth.start", breaks)
    app.testing, app.config["PROPAGATE_EXCEPTIONS"] = False, False
    assert paula.raw("GET", "/").status_code == 500
    assert events("limit", members=("person_id", "route")) == [(world.paula.id, "auth.start")]


def test_the_database_itself_refuses_to_rewrite_it(app, world):
    now = None
    with app.app_context():
        now = clock.now()
        for age in (1, 399, 402):
            row = {"at": now - timedelta(days=age), "event": "limit", "outcome": "throttled", "count": age}
            writing.write(
                [dict.fromkeys(column.name for column in SecurityEvent.__table__.c if column.name != "id") | row]
            )
        for statement in ("UPDATE security_events SET count = 0", "DELETE FROM security_events WHERE count = 399"):
            connection = db.engine.connect().execution_options(**{WRITES: True})
            with connection, pytest.raises(DBAPIError, match="security log"):
                connection.execute(text(statement))
        security_log.delete_expired(now)
        kept = db.session.scalars(select(SecurityEvent.count).order_by(SecurityEvent.id)).all()
    assert kept == [1, 399]


@pytest.mark.parametrize(
    "proxies, given, is_taken",
    [("0", "abcdef12-3456", False), ("1", "abcdef12-3456", True), ("1", "short", False), ("1", "two words", False),
     ("1", '12345678"}', False), ("1", "x" * 65, False)],
)  # fmt: skip
def test_a_request_has_a_number_which_only_a_proxy_of_ours_may_give(database_url, tmp_path, proxies, given, is_taken):
    with opened(make_settings(database_url, tmp_path, TRUSTED_PROXIES=proxies)) as app:
        answers = [Browser(app).raw("GET", path, headers={"X-Request-Id": given}) for path in ("/healthz", "/nowhere")]
    numbers = [answer.headers["X-Request-Id"] for answer in answers]
    assert (numbers == [given, given]) == is_taken
    assert is_taken or all(re.fullmatch("[0-9a-f]{16}", number) for number in numbers)


def test_a_command_reads_it(app, world):
    try_to_sign_in(app, world.dana.email, PASSWORD)
    runner = app.test_cli_runner()
    (line,) = runner.invoke(args=["security", "log", "--json"]).stdout.splitlines()
    assert json.loads(line)["person_id"] == world.dana.id
    assert "sign_in succeeded" in runner.invoke(args=["security", "log"]).stdout
    assert runner.invoke(args=["security", "log", "--since", "2100-01-01"]).stdout == ""
