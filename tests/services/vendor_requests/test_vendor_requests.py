"""What people ask of BitTitan on a page: carried out by a worker, once, and by nobody who may not."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core import clock, failpoints
from portal.core.errors import (
    AttemptOpen,
    Conflict,
    InvalidInput,
    NotAllowed,
    NotVisible,
    StaleVersion,
    Unavailable,
)
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    Account,
    AuditEntry,
    Coupon,
    Job,
    JobKind,
    Lane,
    RequestKind,
    RequestState,
    Role,
    VendorRequest,
)
from portal.sandbox.storage.shapes import organization_id
from portal.services import jobs, provisioning, vendor, vendor_requests
from portal.services.vendor_requests import serialization
from portal.worker import cleanup, handlers
from portal.worker.loop import BESIDE, Worker, run_due

pytestmark = pytest.mark.sqlite

EMAIL = "it@direct.example"


@pytest.fixture(autouse=True)
def _in_the_app(app_context):
    pass


@pytest.fixture
def new(world):
    """An account that dana wants to be made and looked up."""
    details = {"name": "Direct", "currency": "EUR", "language": "en", "bittitan_email": EMAIL}
    values = {"kind": "customer", "parent_id": world.distributor.id, "details": details, "look_up": True}

    def ask(by=world.dana, **changes) -> int:
        return vendor_requests.create_request(RequestKind.CREATE_ACCOUNT, 0, by=by, values=values | changes, form={})

    return ask


def row(request_id: int) -> VendorRequest:
    return db.session.get(VendorRequest, request_id, populate_existing=True)


def made() -> list[Account]:
    return list(db.session.scalars(select(Account).where(Account.name == "Direct")))


def test_a_worker_carries_it_out_for_whom_asked(world, sandbox, new):
    asked = new()
    assert (row(asked).state, made()) == (RequestState.WAITING, [])
    run_due()
    assert row(asked).state is RequestState.DONE
    (account,) = made()
    assert account.organization_id == organization_id(EMAIL)
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.subject == "account"))
    assert {entry.actor for entry in entries if entry.subject_id == account.id} == {world.dana.name}
    told = vendor_requests.outcome(row(asked))
    assert (told.account.id, told.answer.organization.name != "", told.is_changed) == (account.id, True, True)


def test_the_same_press_twice_is_one_request(sandbox, new):
    assert new() == new()
    run_due()
    assert len(made()) == 1
    assert db.session.scalars(select(Job).where(Job.kind == JobKind.REQUEST)).all() == []


def test_after_the_answer_a_press_asks_again(sandbox, new):
    first = new()
    run_due()
    assert new() != first


@pytest.mark.parametrize("when", [failpoints.BEFORE_COMMIT, failpoints.AFTER_COMMIT])
def test_what_a_killed_worker_left_is_taken_up_and_done_once(sandbox, new, when):
    asked = new()

    def kill(point: str) -> None:
        if point == f"save account: {when}":
            raise SystemExit

    (claim,) = jobs.finish_and_claim([], 0, {Lane.REQUESTS: 1})
    with failpoints.listen(kill), pytest.raises(SystemExit):
        handlers.handle(claim)
    assert row(asked).is_open is (when == failpoints.BEFORE_COMMIT)
    handlers.handle(claim)
    assert row(asked).state is RequestState.DONE
    assert len(made()) == 1


@pytest.fixture
def attach(world, sandbox):
    held = {"Code": "BY-HAND-1", "Quantity": 25, "OrganizationId": world.partner.organization_id}
    sandbox.control.put_coupons([held | {"ExternalReference": "before"}])

    def ask(asset, by=world.dana, code: str = "BY-HAND-1") -> int:
        values = {"code": code, "reason": "Found", "version": asset.version, "unverified": True}
        return vendor_requests.create_request(
            RequestKind.ATTACH_CODE, asset.id, by=by, values=values, form={"code": [code]}
        )  # fmt: skip

    return ask


def test_the_right_is_looked_at_when_it_is_carried_out(world, sandbox, attach):
    asset = world.asset()
    asked = attach(asset)
    world.edit(world.dana, role=Role.VIEWER)
    run_due()
    assert world.code_of(asset) is None
    with pytest.raises(NotAllowed):
        vendor_requests.outcome(row(asked))


def test_somebody_who_was_disabled_asks_for_nothing_more(world, sandbox, new):
    new()
    world.edit(world.dana, disabled_at=datetime.now(UTC))
    run_due()
    assert made() == []


def test_a_version_that_moved_meanwhile_changes_nothing(world, sandbox):
    account = world.customer
    values = {"version": account.version, "email": "new@harbour.example"}
    asked = vendor_requests.create_request(RequestKind.LINK_ACCOUNT, account.id, by=world.dana, values=values, form={})
    world.edit(account, version=account.version + 1)
    run_due()
    assert world.reload(account).bittitan_email == account.bittitan_email
    with pytest.raises(StaleVersion):
        vendor_requests.outcome(row(asked))


def test_what_nobody_carried_out_in_time_is_given_up(sandbox, new):
    asked = new()
    with transaction():
        row(asked).asked_at = clock.now() - timedelta(minutes=11)
    run_due()
    assert made() == []
    with pytest.raises(Unavailable, match="nothing was changed"):
        vendor_requests.outcome(row(asked))


def test_a_typed_code_is_deleted_within_hours(world, sandbox, attach):
    asset = world.asset()
    attached = attach(asset)
    checked = vendor_requests.create_request(
        RequestKind.CHECK_CODE, asset.id, by=world.dana, values={"code": "BY-HAND-2"}, form={"code": ["BY-HAND-2"]}
    )
    run_due()
    assert (row(attached).state, row(attached).typed) == (RequestState.DONE, {})
    assert row(checked).typed["form"] == {"code": ["BY-HAND-2"]}
    with transaction():
        row(checked).asked_at = clock.now() - timedelta(minutes=61)
    with pytest.raises(NotVisible):
        vendor_requests.own_request(world.dana, checked, frozenset(RequestKind))
    cleanup.clean_up()
    assert row(checked) is None


def test_nobody_else_reads_what_was_typed(world, new):
    asked = new()
    assert vendor_requests.own_request(world.dana, asked, frozenset(RequestKind)).id == asked
    for person in (world.dora, world.vera, world.paula):
        with pytest.raises(NotVisible):
            vendor_requests.own_request(person, asked, frozenset(RequestKind))


def test_what_pages_wait_for_is_not_behind_a_thousand_purchases(world, new):
    long_ago = clock.now() - timedelta(hours=1)
    with transaction():
        for number in range(1000):
            jobs.add(JobKind.ADVANCE, 10_000 + number, long_ago)
    asked = new()
    assert jobs.finish_and_claim([], 0, {Lane.REQUESTS: 1})[0].subject_id == asked


def test_a_silent_bittitan_keeps_only_the_threads_of_that_lane(app, world, sandbox, new):
    """Each question hangs for a second; a purchase goes through while most of them wait."""
    sandbox.control.fault("findOrganization", "timeout_before", times=None, seconds=5.0)
    for number in range(60):
        new(details={"name": f"Direct {number}", "currency": "EUR", "language": "en", "bittitan_email": EMAIL})
    worker = Worker(app)
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    try:
        _until(lambda: _are(RequestState.RUNNING) == BESIDE[Lane.REQUESTS])
        asset = world.asset()
        provisioning.request(asset, version=asset.version, by=world.dana)
        _until(lambda: world.reload(asset).sync_status.value == "synchronized")
        assert _are(RequestState.RUNNING) <= BESIDE[Lane.REQUESTS]
        assert _are(RequestState.WAITING)
    finally:
        worker.stop()
        thread.join()


def _until(fact) -> None:
    deadline = time.monotonic() + 60
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.05)
        db.session.rollback()


def _are(state: RequestState) -> int:
    return len(db.session.scalars(select(VendorRequest).where(VendorRequest.state == state)).all())


@pytest.mark.parametrize(
    "refusal",
    [
        InvalidInput("code", "Enter it."),
        StaleVersion("Changed."),
        Conflict("Not now.", link=("account", "17")),
        AttemptOpen(),
        NotVisible(),
        Unavailable("Silent."),
    ],
)
def test_a_refusal_comes_back_as_it_was(refusal):
    back = serialization.refusal_of(serialization.packed_refusal(refusal))
    assert (type(back), vars(back)) == (type(refusal), vars(refusal))


def test_no_request_of_the_web_reaches_bittitan(app):
    vendor.provider()
    with app.test_request_context("/"), pytest.raises(RuntimeError, match="a worker carries it out"):
        vendor.provider()


def test_a_code_that_was_recorded_twice_in_a_moment_is_refused_in_words(world, sandbox, attach):
    asked = [attach(world.asset()), attach(world.asset())]
    run_due()
    assert [row(each).state for each in asked] == [RequestState.DONE, RequestState.REFUSED]
    assert len(db.session.scalars(select(Coupon).where(Coupon.code == "BY-HAND-1")).all()) == 1
