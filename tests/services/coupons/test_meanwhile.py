"""What changes while BitTitan is asked counts when its answer is recorded."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from portal.core import errors
from portal.extensions import db
from portal.models import Account, CheckCause, Coupon, Finding, FindingAct
from portal.services.status_checks import checking
from tests.services.marks import issued
from tests.services.reconciliation.planted import Reconciler

CODE = "SBX-HAND-0001"


@pytest.fixture
def asking(sandbox):
    """`with asking(operation, act) as outcome:` BitTitan has carried out what `act` calls, and answers at the end of
    the block; if `late`, it carries it out only then."""

    @contextmanager
    def ask(operation: str, act: Callable[[], object], *, late: bool = False) -> Iterator[Future]:
        fault = sandbox.control.fault(operation, "late" if late else "timeout_after", seconds=60)
        with ThreadPoolExecutor(1) as pool:
            outcome, deadline = pool.submit(act), time.monotonic() + 60
            while fault["id"] not in [used["fault_id"] for used in sandbox.control.used_faults()]:
                assert not outcome.done(), f"{operation} was not called"
                assert time.monotonic() < deadline, f"{operation} was not called in time"
                time.sleep(0.01)
            time.sleep(0.1)  # BitTitan carries it out
            try:
                yield outcome
                assert not outcome.done(), "the answer came too early for this test"
            finally:
                while not outcome.done():
                    sandbox.control.release_calls()
                    time.sleep(0.05)

    return ask


@pytest.fixture
def own_surplus(shop, sandbox, world, issue):
    """A failed asset, and the coupon in the register that BitTitan issued for it."""
    asset = world.asset()
    issue(asset.id, CODE, ExternalReference=asset.reference)
    held = issued(shop, sandbox, asset.id)
    return asset.id, world.surplus(asset, code=CODE, bittitan_id=held["Id"], status=None).id


@pytest.fixture
def relink(shop):
    """The payer of all assets here turns out to be another organisation at BitTitan."""

    def correct() -> None:
        with shop.world.transaction():
            db.session.get(Account, shop.world.partner.id).organization_id = "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bff"

    return correct


def status(shop, coupon_id: int) -> str:
    return shop.all(Coupon, Coupon.id == coupon_id)[0].status


def test_a_coupon_that_is_being_revoked_is_not_attached(shop, work, desk, asking, own_surplus):
    asset_id, coupon_id = own_surplus
    desk.revoke(coupon_id)
    with asking("revokeCoupon", work.drain, late=True), pytest.raises(errors.Conflict, match="being asked to revoke"):
        shop.attach(asset_id, CODE)
    assert (shop.status(asset_id), status(shop, coupon_id)) == ("failed", "Revoked")


@pytest.mark.parametrize("way", ["by hand", "from the register"])
def test_a_coupon_that_was_revoked_since_it_was_checked_is_not_attached(shop, work, desk, asking, own_surplus, way):
    asset_id, coupon_id = own_surplus
    acts = {"by hand": lambda: shop.attach(asset_id, CODE), "from the register": lambda: desk.give(coupon_id, asset_id)}
    with asking("checkCoupons", acts[way]) as outcome:
        desk.revoke(coupon_id)
        work.drain()
    with pytest.raises(errors.Conflict, match="has revoked this coupon"):
        outcome.result()
    assert (shop.status(asset_id), status(shop, coupon_id)) == ("failed", "Revoked")


@pytest.mark.parametrize("way", ["by hand", "from the register"])
def test_a_code_of_an_organisation_that_is_the_payers_no_more_is_not_attached(
    shop, desk, world, issue, asking, relink, twice, way
):
    (_, coupon_id), asset = twice(), world.asset()
    issue(asset.id)
    acts = {"by hand": lambda: shop.attach(asset.id, CODE), "from the register": lambda: desk.give(coupon_id, asset.id)}
    with asking("checkCoupons", acts[way]) as outcome:
        relink()
    with pytest.raises(errors.DomainError, match="another organisation"):
        outcome.result()
    assert (shop.status(asset.id), shop.code(asset.id)) == ("failed", None)


def test_an_older_answer_takes_back_no_revocation(shop, work, asking):
    asset_id = shop.order()
    work.drain()
    work.confirm()

    def check() -> str:
        with shop.app.app_context():
            return checking.check(asset_id, cause=CheckCause.PERSON, by=shop.dana).result.value

    with asking("getCoupon", check) as outcome:
        shop.cancel(asset_id)
        work.drain()
    (coupon,) = shop.all(Coupon, Coupon.asset_id == asset_id)
    assert (outcome.result(), coupon.status, shop.asset(asset_id).is_active) == ("revoked", "Revoked", False)


def test_the_first_look_takes_back_no_revocation(shop, work, asking):
    asset_id = shop.order()
    work.drain()
    with asking("searchCoupons", work.confirm) as outcome:
        shop.cancel(asset_id)
        work.drain()
    outcome.result()
    (coupon,) = shop.all(Coupon, Coupon.asset_id == asset_id)
    assert (coupon.status, shop.asset(asset_id).is_active) == ("Revoked", False)


def test_a_record_that_follows_bittitan_does_not_take_back_a_revocation(shop, work, sandbox, desk, world, asking):
    """A person decided that a coupon of the register is corrected; the worker asks BitTitan for it once more."""
    reconciler, asset = Reconciler(shop, work, sandbox), world.asset("synchronized")
    held = reconciler.coupon(Quantity=25, ExternalReference=asset.reference)
    sandbox.control.put_coupons([held])
    marks = {"code": held["Code"], "bittitan_id": held["Id"], "reference": held["ExternalReference"]}
    coupon = world.surplus(asset, quantity=24, status="Active", confirmed_at=datetime.now(UTC), **marks)
    run = reconciler.run()
    (finding,) = reconciler.findings(run, Finding.coupon_id == coupon.id)
    reconciler.choose(finding, FindingAct.CORRECT)
    with asking("getCoupon", work.drain):
        desk.revoke(coupon.id)
        work.drain()
        assert status(shop, coupon.id) == "Revoked"
    (row,) = shop.all(Coupon, Coupon.id == coupon.id)
    assert (row.quantity, row.status) == (25, "Revoked")
