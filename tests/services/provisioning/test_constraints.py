"""What holds although every process may be killed at any instruction: constraints, transactions, compare-and-set."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from portal.core import failpoints
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Attempt, AttemptState, Coupon, CouponStanding, Trigger


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize(
    "state", [AttemptState.RESERVED, AttemptState.SENDING, AttemptState.UNKNOWN, AttemptState.REVIEW]
)
def test_the_database_itself_refuses_a_second_open_attempt(shop, world, state):
    asset = world.asset("synchronizing")
    with shop.app.app_context(), pytest.raises(IntegrityError), transaction():
        db.session.add(
            Attempt(
                asset_id=asset.id, number=asset.attempts_made + 1, state=state, trigger=Trigger.PRESS, payload="{}",
                requested_at=datetime.now(UTC),
            )
        )  # fmt: skip


def test_the_database_itself_refuses_a_code_that_stands_somewhere(shop, world):
    world.asset("synchronized", code="SBX-TAKEN-0001")
    other = world.asset()
    for standing in CouponStanding:
        row = {"asset_id": other.id, "standing": standing, "recorded_at": datetime.now(UTC)}
        with shop.app.app_context(), pytest.raises(IntegrityError), transaction():
            db.session.add(Coupon(code="SBX-TAKEN-0001", **row))


@pytest.mark.parametrize("fault", [None, "drop_after"])
def test_whichever_commit_was_the_last_code_and_status_are_together(shop, work, sandbox, fault):
    """A worker is killed after each of its commits in turn, whatever names they have."""
    survived = 0
    while True:
        asset_id = shop.order()
        if fault is not None:
            sandbox.control.fault("createCoupon", fault, shop.asset(asset_id).reference)
            work.drain()
            work.skip(61)
        was_killed = _killed_after(survived, work)
        assert (shop.code(asset_id) is None) == (shop.status(asset_id) != "synchronized"), f"after {survived} commits"
        for _ in range(3):
            if shop.status(asset_id) != "synchronized":
                work.later(61)
        assert (shop.status(asset_id), len(sandbox.control.purchases(shop.asset(asset_id).reference))) == (
            "synchronized",
            1,
        )
        if not was_killed:
            break
        survived += 1
    assert survived >= 3


def test_an_outcome_whose_commit_is_in_doubt_counts_once_whoever_sends_meanwhile(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "refuse", code="DeadlinePassed")
    sandbox.control.fault("createCoupon", "late", seconds=7.5)
    asset_id = shop.order()
    other = threading.Thread(target=lambda: work.later(61))
    first = threading.current_thread()

    def doubt(point: str) -> None:
        if point == "record_outcome: after commit" and threading.current_thread() is first and other.ident is None:
            other.start()
            while shop.state(asset_id) != "sending":
                assert other.is_alive()
            raise OperationalError("COMMIT", None, Exception("the connection is gone"))

    with failpoints.listen(doubt):
        work.drain()
    meanwhile = shop.state(asset_id), shop.attempt(asset_id).tries
    while other.is_alive():
        sandbox.control.release_calls()
        other.join(0.05)

    assert meanwhile == ("sending", 1)
    assert (shop.status(asset_id), len(sandbox.control.purchases())) == ("synchronized", 1)


def _killed_after(commits: int, work) -> bool:
    left = commits

    def count_down(_session) -> None:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1

    event.listen(Session, "before_commit", count_down)
    try:
        work.drain()
    except Killed:
        return True
    finally:
        event.remove(Session, "before_commit", count_down)
    return False


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET why = 'nobody will notice'",
        "DELETE FROM audit_entries",
        "UPDATE coupons SET code = 'SBX-OTHER-0001'",
        "DELETE FROM coupons",
    ],
)
def test_the_database_itself_refuses_to_rewrite_what_happened(shop, work, statement):
    shop.order()
    work.drain()
    with shop.app.app_context(), pytest.raises(DBAPIError), transaction():
        db.session.execute(text(statement))


def test_a_commit_is_on_the_disk_when_it_is_acknowledged(shop):
    with shop.app.app_context():
        is_sqlite = db.engine.dialect.name == "sqlite"
        said = db.session.scalar(text("PRAGMA synchronous" if is_sqlite else "SHOW synchronous_commit"))
        db.session.rollback()
    assert said == (2 if is_sqlite else "on")


def test_no_connection_is_held_while_bittitan_is_asked(shop, sandbox, sending):
    asset_id = shop.order()
    sandbox.control.fault("createCoupon", "late", seconds=7.5)
    with sending(asset_id):
        with shop.app.app_context():
            assert db.engine.pool.checkedout() == 0
        shop.order()  # and whoever writes is not kept waiting
