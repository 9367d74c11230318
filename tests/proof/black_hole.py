"""A BitTitan that takes every purchase and every question and never answers; and people who go on working meanwhile."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from portal.models import Attempt, AttemptState
from portal.worker.loop import Worker
from tests.browser import Browser
from tests.page import Page
from tests.proof.crowd import signed_in
from tests.proof.place import Place
from tests.proof.processes import PATIENCE, Process

PRESSES = 20
FOR_EVER = 600.0
SETTINGS = {
    "WORKER_THREADS": str(PRESSES),
    "PROVISIONING_READ_TIMEOUT": "300",
    "PROVISIONING_TOTAL_TIMEOUT": "300",
    "PROVISIONING_LEASE": "400",
}


QUESTIONS = ("checkCoupons", "getCoupon", "findOrganization", "signIn")


@contextmanager
def presses_hanging(place: Place, dana: Browser, ids: list[int]) -> Iterator[None]:
    """Each press is answered at once; what it started is not."""
    place.sandbox.control.fault("createCoupon", "timeout_before", times=None, seconds=FOR_EVER)
    with Process(place.app, lambda _: Worker(place.app).run()):
        for asset_id in ids:
            answer = dana.submit(dana.open("bss.assets.show", asset_id=asset_id), to="/syncs")
            assert (answer.status, answer.badge) == (200, "Synchronizing…")
        deadline = time.monotonic() + PATIENCE
        while hanging(place) < PRESSES:
            assert time.monotonic() < deadline, f"only {hanging(place)} are being sent"
            time.sleep(0.05)
        for operation in QUESTIONS:  # by now the worker is signed in
            place.sandbox.control.fault(operation, "timeout_before", times=None, seconds=FOR_EVER)
        _press_every_door(place, ids)
        yield
    place.sandbox.control.clear_faults()


def _press_every_door(place: Place, ids: list[int]) -> None:
    """Each as often as there are assets, with something else typed each time: answered at once, or the web waits."""
    world, dora = place.world, signed_in(place.app, place.world.dora.email)
    with place.app.app_context():
        account = world.reload(world.customer)
    coupon, fits = world.surplus(world.asset("synchronized")), world.asset()
    named = {"name": "Direct", "currency": "EUR", "language": "en", "kind": "customer", "synchronize": "1"}
    named |= {"parent": str(world.distributor.id), "version": str(account.version), "moves": "1"}
    for number, asset_id in enumerate(ids):
        asset, email = place.shop.asset(asset_id), f"it{number}@direct.example"
        code = {"version": asset.version, "code": f"BLACK-{number}", "reason": "Found"}
        given = {"asset": f"{fits.id}:{fits.version}", "reason": f"It fits, {number}"}
        linked = {"version": account.version, "bittitan_email": email}
        corrected = {f"version-{account.id}": account.version, f"email-{account.id}": email, "account": account.id}
        for endpoint, values, data in (
            ("bss.assets.attach", {"asset_id": asset_id}, code),
            ("bss.assets.attach", {"asset_id": asset_id}, code | {"confirm": "1", "unverified": "y"}),
            ("bss.surplus.attach", {"coupon_id": coupon.id}, given),
            ("bss.bittitan.connect", {}, {}),
            ("bss.link", {"cause": "AccountNotLinked"}, corrected),
            ("accounts.sync", {"account_id": account.id}, linked),
            ("accounts.edit", {"account_id": account.id}, named | {"bittitan_email": email}),
            ("accounts.new", {}, named | {"bittitan_email": email}),
        ):
            answer = dora.raw("POST", dora.url(endpoint, **values), data={"csrf_token": dora.token(), **data})
            assert answer.status_code == 303, f"{endpoint}: {answer.status_code}"
            assert "/requests/" in answer.headers["Location"], f"{endpoint} leads to {answer.headers['Location']}"


def twenty(place: Place) -> list[int]:
    """The ids of as many failed assets."""
    return [asset.id for asset in place.world.assets(PRESSES, attempts=0)]


def hanging(place: Place) -> int:
    return len(place.shop.all(Attempt, Attempt.state == AttemptState.SENDING))


def look_around(dana: Browser, ids: list[int]) -> Iterator[Page]:
    """The list, the pages of those assets, and the accounts."""
    for asset_id in ids:
        yield dana.open("bss.assets.index")
        yield dana.open("bss.assets.show", asset_id=asset_id)
        yield dana.open("accounts.index")


def viewer(place: Place) -> Browser:
    return signed_in(place.app, place.world.dana.email)
