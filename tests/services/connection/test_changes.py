"""Another server or sign-in: tried first, taken up by a running worker, and no purchase is lost or made twice."""

from contextlib import ExitStack

import pytest

from portal.core import errors
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import AuditEntry, Connection, StoredSecret
from portal.sandbox.storage.shapes import organization_id
from portal.services import credentials, vendor, vendor_settings
from portal.services.connection import changes
from portal.services.connection.changes import Typed
from tests.apps import opened
from tests.keys import setting
from tests.sandbox_process import SandboxProcess
from tests.services.shop import Shop
from tests.settings import make_settings
from tests.work import Work

pytestmark = pytest.mark.sqlite

EMAIL, PASSWORD = "portal@distributor.example", "canary-Password-7f3a"


@pytest.fixture
def server():
    return {"CREDENTIAL_KEYS": setting(1)}


@pytest.fixture
def other(tmp_path):
    """Another server of the same organisation, with a password of its own."""
    (tmp_path / "other").mkdir()
    with SandboxProcess(tmp_path / "other", password=PASSWORD, seed=7) as process:
        yield process


@pytest.fixture
def save(app):
    """`save(url=…)`: a person saves, and a worker has carried it out."""

    def act(
        url: str, *, email: str = EMAIL, password: str | None = PASSWORD, kind="searchable", version=0, ticked=False
    ):
        with app.app_context():
            sealed = changes.seal_typed(password) if password is not None else None
            return changes.save(
                Typed(url, email, kind, sealed), version=version, is_confirmed=ticked, by="command line"
            )

    return act


def test_a_running_worker_buys_at_the_new_server_from_then_on(shop, work, save, sandbox, other):
    first = shop.order()
    work.drain()
    assert save(other.url).is_saved
    second = shop.order()
    work.drain()
    assert {shop.status(first), shop.status(second)} == {"synchronized"}
    assert [len(each.control.purchases()) for each in (sandbox, other)] == [1, 1]
    assert shop.connection().organization_id == organization_id(EMAIL)


def test_the_password_is_nowhere_in_clear(app, shop, save, other):
    save(other.url)
    with app.app_context():
        assert credentials.read(credentials.BITTITAN_PASSWORD) == PASSWORD
        row = db.session.get(StoredSecret, credentials.BITTITAN_PASSWORD)
        assert PASSWORD.encode() not in row.sealed
        entries = db.session.query(AuditEntry).filter_by(subject="connection", act="configure").all()
        told = {(entry.field, entry.before, entry.after) for entry in entries}
        assert {("server_url", None, other.url), ("password", None, "stored")} <= told
        assert PASSWORD not in repr((told, vendor_settings.current(), vendor.provider().__dict__))


def test_the_wrong_password_changes_nothing(shop, work, save, sandbox, other):
    result = save(other.url, password="not the password")
    assert (result.is_saved, result.cause) == (False, "SignInFailed")
    assert (shop.connection().server_url, shop.connection().settings_version) == (None, 0)
    shop.order()
    work.drain()
    assert len(sandbox.control.purchases()) == 1


def test_another_organisation_is_not_accepted(shop, world, save, other):
    world.edit(shop.connection(), organization_id=organization_id("somebody@else.example"))
    result = save(other.url)
    assert (result.is_saved, result.is_ours, result.cause) == (False, False, None)
    assert shop.connection().server_url is None


def test_the_stored_password_goes_to_no_other_address(shop, save, sandbox, other):
    assert save(other.url).is_saved
    with pytest.raises(errors.InvalidInput) as refusal:
        save(sandbox.url, password=None, version=1)
    assert refusal.value.field == "password"
    assert save(other.url, password=None, kind="idempotent", version=1).is_saved


def test_the_second_of_two_is_told(shop, save, sandbox, other):
    assert save(other.url).is_saved
    assert save(other.url).is_saved  # the same again: pressed twice
    assert shop.connection().settings_version == 2
    with pytest.raises(errors.StaleVersion):
        save(sandbox.url, password="sandbox")


def test_a_change_while_a_purchase_is_in_doubt_needs_a_tick(shop, work, save, answer_lost, other):
    with pytest.raises(errors.InvalidInput) as refusal:
        save(other.url)
    assert refusal.value.field == "is_confirmed"
    assert "One purchase may have been carried out" in refusal.value.message
    assert save(other.url, ticked=True).is_saved


@pytest.mark.parametrize("kind", ["searchable", "idempotent"])
def test_what_was_sent_before_is_not_absent_and_not_bought_again(shop, work, save, answer_lost, sandbox, other, kind):
    assert save(other.url, kind=kind, ticked=True).is_saved
    for _ in range(6):
        work.later(700)
    assert (shop.state(answer_lost), shop.status(answer_lost)) == ("review", "review")
    assert [len(each.control.purchases()) for each in (sandbox, other)] == [1, 0]


@pytest.fixture
def restarted(settings, tmp_path, other):
    """`restarted(kind)`: a worker of a process that was started with another BITTITAN_URL."""
    given = {"BITTITAN_URL": other.url, "BITTITAN_EMAIL": EMAIL, "BITTITAN_PASSWORD": PASSWORD}
    with ExitStack() as stack:

        def start(kind: str) -> Work:
            again = make_settings(settings.database_url, tmp_path, BITTITAN_SERVER=kind, **given)
            return Work(stack.enter_context(opened(again)))

        yield start


@pytest.mark.parametrize("kind", ["searchable", "idempotent"])
def test_a_change_in_the_environment_counts_like_one_in_the_portal(shop, answer_lost, restarted, sandbox, other, kind):
    later = restarted(kind)
    for _ in range(6):
        later.later(700)
    assert (shop.state(answer_lost), shop.status(answer_lost)) == ("review", "review")
    assert [len(each.control.purchases()) for each in (sandbox, other)] == [1, 0]


def test_a_purchase_at_the_new_server_marks_what_was_sent_before(shop, work, answer_lost, restarted, sandbox, other):
    later = restarted("searchable")
    second = shop.order()
    later.drain()
    assert shop.status(second) == "synchronized"
    assert shop.attempt(answer_lost).may_be_elsewhere(shop.connection().server_changed_at)
    for _ in range(6):
        work.later(700)  # a process that still has the old address finds it there, and an absence would prove nothing
    assert shop.status(answer_lost) in ("synchronized", "review")
    assert [len(each.control.purchases()) for each in (sandbox, other)] == [1, 1]


def test_a_repetition_that_waits_is_not_sent_to_the_new_server(shop, work, world, save, answer_lost, sandbox, other):
    attempt = shop.attempt(answer_lost)
    world.edit(attempt, state="reserved")
    assert save(other.url, kind="idempotent", ticked=True).is_saved
    work.later(60)
    assert shop.attempt(answer_lost).sends_no_more
    assert [len(each.control.purchases()) for each in (sandbox, other)] == [1, 0]


def test_a_send_that_was_committed_for_the_old_server_begins_again(shop, work, save, sandbox, other, monkeypatch):
    """The change comes between the commit of the send and its first byte."""
    from portal.services.provisioning import begin_send

    asset_id, saved = shop.order(), []
    remember = begin_send.remember

    def change_meanwhile(decisions):
        remember(decisions)
        if not saved:
            saved.append(save(other.url, ticked=True))
            vendor.seller_id()

    monkeypatch.setattr(begin_send, "remember", change_meanwhile)
    work.drain()
    assert saved[0].is_saved
    assert (shop.status(asset_id), shop.attempt(asset_id).send_number) == ("synchronized", 2)
    assert [len(each.control.purchases()) for each in (sandbox, other)] == [0, 1]
    assert not shop.connection().needs_person


@pytest.mark.parametrize("fault", ["swapped", "gone"])
def test_a_password_that_cannot_be_read_holds_purchases(app, shop, work, save, other, fault):
    save(other.url)
    with app.app_context(), transaction():
        row = db.session.get(StoredSecret, credentials.BITTITAN_PASSWORD)
        row.key_version = 7 if fault == "swapped" else row.key_version
        if fault == "gone":
            db.session.delete(row)
        db.session.get(Connection, 1).settings_version += 1
    asset_id = shop.order()
    work.drain()
    cause = {"swapped": "CredentialsUnreadable", "gone": "CredentialsMissing"}[fault]
    assert (shop.connection().needs_person, shop.connection().cause) == (True, cause)
    assert (shop.status(asset_id), len(shop.alerts("sign-in"))) == ("synchronizing", 1)
    with pytest.raises(errors.Unavailable):
        Shop.connect(shop)
    assert save(other.url, version=shop.connection().settings_version).is_saved
    work.drain()
    assert shop.status(asset_id) == "synchronized"


@pytest.mark.parametrize("server", [{"BITTITAN_EMAIL": EMAIL, "CREDENTIAL_KEYS": setting(1)}])
def test_the_environment_wins(app, shop, save, other):
    assert save(other.url, email="ignored@else.example").is_saved
    with app.app_context():
        assert vendor_settings.current().email == EMAIL
        assert vendor_settings.sources(shop.connection()) == {
            "url": "portal", "email": "BITTITAN_EMAIL", "password": "portal", "server": "portal",
        }  # fmt: skip
    assert shop.connection().server_email is None
