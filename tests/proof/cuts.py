"""Killed between any two statements: an import that is being applied, and the jobs of bulk retries and operations."""

from collections.abc import Iterator
from itertools import count
from random import Random

from portal.models import Asset, Attempt, Coupon, Import, ImportState, Trigger
from tests import files
from tests.proof.crashes import WORK
from tests.proof.crowd import click, signed_in
from tests.proof.place import Place
from tests.proof.processes import killed_at_statement, statements
from tests.services.bulk_operations.bulk import Bulk as BulkOperations
from tests.services.bulk_retries.bulk import Bulk

ROWS = 4
RESCUE = 91
"""Seconds after which a worker does what was begun at once and not finished."""


def kill_imports(place: Place, lot: Random, times: int) -> None:
    """All of it or nothing, wherever the kill came; a second go takes it all."""
    dana, numbers = signed_in(place.app, place.world.dana.email), count(1)

    def bring() -> Import:
        rows = [files.failed(next(numbers)) for _ in range(ROWS)]
        return files.bring(place.world, files.written(rows))

    def apply(file: Import):
        return click(dana, dana.open("bss.imports.show", import_id=file.id), f"Take {ROWS} rows")

    for number in _some(lot, statements(place.app, apply(bring())), times):
        file, before = bring(), len(place.shop.all(Asset))
        killed_at_statement(place.app, number, apply(file))
        row, taken = place.world.reload(file), len(place.shop.all(Asset)) - before
        assert (row.state is ImportState.APPLIED, taken) in [(True, ROWS), (False, 0)], f"killed at {number}"
        if row.state is ImportState.READ:  # the press itself was lost
            apply(file)()
        place.work.later(RESCUE)
        assert place.world.reload(file).state is ImportState.APPLIED
        assert len(place.shop.all(Asset)) - before == ROWS
        assert len(place.applications(file.id)) == 1
    assert place.sandbox.control.journal() == []
    assert place.shop.all(Coupon) == []


def kill_bulk_retries(place: Place, lot: Random, times: int) -> None:
    """Each asset is requested once, whoever dies over it, and the receipt tells of all of them."""
    bulk = Bulk(place.shop)

    def work() -> None:
        WORK["CLI"](place.app)

    def begin() -> tuple[int, list[Asset]]:
        assets = place.world.assets(ROWS)
        return bulk.begin(*assets), assets

    begin()
    for number in _some(lot, statements(place.app, work), times):
        place.finish_retries()
        retry, assets = begin()
        killed_at_statement(place.app, number, work)
        place.finish_retries()
        assert bulk.state(retry) == "done", f"killed at {number}"
        items = bulk.items(retry)
        assert [item.asset_id for item in items] == [asset.id for asset in assets]
        bulk_attempts = place.shop.all(Attempt, Attempt.trigger == Trigger.BULK)
        assert [item.attempt_id for item in items] == [each.id for each in bulk_attempts[-ROWS:]]
        assert len({each.asset_id for each in bulk_attempts}) == len(bulk_attempts)
        _check_receipt(place, bulk.outcomes(retry), sum(len(place.bought(asset.id)) for asset in assets))
        place.check()
    place.buy_what_is_missing()
    place.check_all_bought()


def kill_bulk_cancellations(place: Place, lot: Random, times: int) -> None:
    """Each asset is cancelled once and each coupon revoked once, and the receipt tells of all of them."""
    bulk = BulkOperations(place.shop)

    def work() -> None:
        WORK["CLI"](place.app)

    def begin() -> tuple[int, list[Asset]]:
        assets = [*place.world.assets(2), *(bulk.bought(place.sandbox) for _ in range(2))]
        return bulk.begin("cancel", *assets), assets

    begin()
    for number in _some(lot, statements(place.app, work), times):
        place.finish_bulk_operations()
        operation, assets = begin()
        killed_at_statement(place.app, number, work)
        place.finish_bulk_operations()
        assert (bulk.state(operation), bulk.outcomes(operation)) == ("done", {"done": 2, "revoked": 2}), number
        revoked = [entry["code"] for entry in place.sandbox.control.journal(what="revoked")]
        assert len(revoked) == len(set(revoked))
        acts = [[entry.act for entry in place.shop.audit(asset.id)].count("cancel") for asset in assets]
        assert acts == [1, 1, 1, 1], f"killed at {number}"
    assert place.sandbox.control.purchases() == []


def _check_receipt(place: Place, outcomes: dict[str, int], times_bought: int) -> None:
    """Only what was being sent can have come to nothing, or to a person."""
    synchronized, failed, review = (outcomes.get(name, 0) for name in ("synchronized", "failed", "review"))
    assert (synchronized + failed + review, failed + review <= 1) == (ROWS, True), outcomes
    assert review == 0 or place.is_blind
    assert synchronized <= times_bought <= synchronized + review


def _some(lot: Random, most: int, times: int) -> Iterator[int]:
    """So many of the numbers below `most`, each as far from the last as from the next; the lot shifts them."""
    times = min(times, most)
    shift = lot.randrange(max(most // times, 1))
    return (most * each // times + shift for each in range(times))
