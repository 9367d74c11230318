"""The whole planted set; each of twenty pages that fails; a worker that is killed at each commit; and many coupons."""

import io
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from portal.core import failpoints
from portal.extensions import db
from portal.models import Finding, FindingAct, FindingKind, FindingState, ReconciliationState, User
from portal.services.imports.coupon_lists import uploads
from portal.services.reconciliation.scanning import listing
from portal.services.reconciliation.scanning.runs import EVERYTHING
from tests.services.conftest import server, settings, shop  # noqa: F401
from tests.services.reconciliation.conftest import reconciler  # noqa: F401
from tests.services.reconciliation.many import Many
from tests.services.reconciliation.planted import BY_HAND, WHOLE, plant

Act, Kind, State = FindingAct, FindingKind, FindingState


def test_the_whole_planted_set(reconciler, shop, sandbox):  # noqa: F811
    planted = plant(reconciler, WHOLE)
    run = reconciler.run()
    by_hand = len(planted.codes["by_hand"])
    assert reconciler.kinds(run) == {
        "differs": 15, "duplicate": 5, "foreign": 10 + by_hand + 100, "no-code": 25 + 100, "unrecorded": 30,
    }  # fmt: skip
    assert by_hand == 25 // BY_HAND
    twins = [each for each in reconciler.findings(run) if each.asset_id in planted.assets["twins"]]
    assert {(each.candidates, each.counterpart_id) for each in twins} == {(2, None)}
    for kind, act in ((Kind.UNRECORDED, Act.RECORD), (Kind.DUPLICATE, Act.RECORD), (Kind.FOREIGN, Act.ATTACH)):
        reconciler.choose_all(run, kind, act)
    reconciler.choose_all(run, Kind.DIFFERS, Act.CORRECT)
    reconciler.work.drain()
    assert [each.refusal for each in reconciler.findings(run) if each.refusal] == []
    for finding in reconciler.findings(run, Finding.state == State.OPEN):
        reconciler.choose(finding, Act.SET_ASIDE)
    second = reconciler.run()
    assert {each.state for each in reconciler.findings(second)} == {State.SET_ASIDE}
    assert sandbox.control.purchases() == []


@pytest.mark.parametrize("page", range(20))
def test_each_of_twenty_pages_that_fails(reconciler, shop, work, sandbox, page):  # noqa: F811
    reconciler.world.assets(3, "synchronized")  # BitTitan knows none of them
    put(reconciler, 1950)
    if page:
        sandbox.control.fault("searchCoupons", "respell", times=page)
    sandbox.control.fault("searchCoupons", "html", times=None)
    run_id = reconciler.begin()
    work.drain()
    for seconds in (16, 61, 301):
        work.later(seconds)
    run = reconciler.read(run_id)
    assert (run.state, reconciler.findings(run)) == (ReconciliationState.INCOMPLETE, [])


def test_a_worker_that_is_killed_at_each_commit(reconciler, shop, work, monkeypatch):  # noqa: F811
    """Another one goes on each time. The result is that of a run that nobody disturbed."""
    monkeypatch.setattr(listing, "AT_ONCE", 100)
    plant(reconciler)
    undisturbed = reconciler.kinds(reconciler.run())
    for number in itertools.count(1):
        run_id, kill = reconciler.begin(), Kill(number)
        with failpoints.listen(kill):
            work.drain()
        reconciler.schedule(run_id)
        work.drain()
        run = reconciler.read(run_id)
        assert (run.state, reconciler.kinds(run)) == (ReconciliationState.DONE, undisturbed)
        if not kill.has_happened:
            break
    assert number > 5


def test_a_worker_that_is_killed_at_a_statement(reconciler, shop, work, monkeypatch, times):  # noqa: F811
    """At every one, or at so many of them, evenly. What it had begun is not written."""
    monkeypatch.setattr(listing, "AT_ONCE", 100)
    plant(reconciler)
    counted = Statement(0)
    with counted.listening(shop.app):
        undisturbed = reconciler.kinds(reconciler.run())
    step = max(counted.number // times(200), 1)
    for number in range(1, counted.number, step):
        run_id, kill = reconciler.begin(), Statement(number)
        with kill.listening(shop.app), suppress(RuntimeError):  # also while it claims or returns its job
            work.drain()
        reconciler.schedule(run_id)
        work.drain()
        run = reconciler.read(run_id)
        assert (run.state, reconciler.kinds(run)) == (ReconciliationState.DONE, undisturbed), number
        if kill.number < number:  # it had ended before
            break
    assert counted.number > 50


def test_a_list_of_many_lines(reconciler, shop, world, work, times, measured):  # noqa: F811
    """Of ten thousand there is one that cannot be read, and one that is there twice."""
    number = times(300_000)
    world.asset("synchronized")
    lines = (f"SBX-{each:012};{'many' if each % 10_000 == 7 else 5};Active\n" for each in range(number))
    again = "".join(f"SBX-{each:012};5;Active\n" for each in range(0, number, 10_000))
    raw = ("\ufeffCoupon Code;Licenses;Status\n" + "".join(lines) + again).encode()
    with shop.app.app_context():
        by = db.session.get(User, shop.dana.id)
        upload = uploads.receive(file=io.BytesIO(raw), name="coupons.csv", by=by)
        run_id = uploads.compare(upload, version=upload.version, scoped=EVERYTHING, is_whole=False, by=by).id
    before, begun = resident(), time.process_time()
    work.drain()
    taken, grown = time.process_time() - begun, resident() - before
    run, twice = reconciler.read(run_id), len(range(0, number, 10_000))
    assert (run.state, run.count("refused"), run.count("repeated")) == (ReconciliationState.DONE, twice, twice)
    assert run.count("listed") == number - twice
    measured(f"{number} lines of a list: {taken:.0f} s of CPU, {grown:.0f} MB more")


class Statement:
    """Raises at the statement with this number, once; at none if it is 0. Counts them."""

    def __init__(self, at: int):
        self._at, self.number = at, 0

    @contextmanager
    def listening(self, app) -> Iterator[None]:
        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", self._hit)
        try:
            yield
        finally:
            event.remove(engine, "before_cursor_execute", self._hit)

    def _hit(self, *_args) -> None:
        self.number += 1
        if self.number == self._at:
            raise RuntimeError("killed")


class Kill:
    """At the commit of the step with this number. Nothing of it is written."""

    def __init__(self, number: int):
        self._left, self.has_happened = number, False

    def __call__(self, point: str) -> None:
        if point != f"reconcile: {failpoints.BEFORE_COMMIT}":
            return
        self._left -= 1
        if not self._left:
            self.has_happened = True
            raise RuntimeError("killed")


def test_many_coupons_against_many_assets(reconciler, world, times, measured):  # noqa: F811
    many = Many(world, times(100_000))
    many.record()
    many.put(reconciler.sandbox)
    before, begun, busy = resident(), time.monotonic(), time.process_time()
    run = reconciler.run()
    taken, busy, grown = time.monotonic() - begun, time.process_time() - busy, resident() - before
    assert run.state is ReconciliationState.DONE
    assert reconciler.kinds(run) == many.differences
    said = f"{many.number} coupons against as many assets"
    measured(f"{said}: {taken:.0f} s, {busy:.0f} s of them CPU, {grown:.0f} MB more")


def put(reconciler, number: int) -> None:  # noqa: F811
    """Bought elsewhere, one after the other."""
    rows = [reconciler.coupon(on=date(2026, 1, 1) + timedelta(days=each // 10)) for each in range(number)]
    reconciler.sandbox.control.put_coupons(rows)


def resident() -> float:
    """Megabytes of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
