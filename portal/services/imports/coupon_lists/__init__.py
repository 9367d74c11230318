"""A list of coupons, exported from BitTitan's own portal, as the source of a reconciliation run.

The worker reads it line by line, twice: first to find out how its dates are written, then to keep its coupons. A line
that cannot be read is refused with its reason, and the others are taken. Each part is kept together with the last line
that it reached, so whoever goes on after a kill begins there.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from portal.core import clock
from portal.core.errors import Overtaken
from portal.core.i18n import in_language
from portal.core.transaction import lock
from portal.extensions import db
from portal.models import CouponUpload, ReconciliationRun, ReconciliationSource, ReconciliationState
from portal.services import jobs
from portal.services.imports.coupon_lists import coupon_lines, uploads
from portal.services.imports.coupon_lists.coupon_lines import Names
from portal.services.imports.coupon_lists.repeats import Earlier
from portal.services.imports.import_columns import Cells
from portal.services.imports.import_file import Unreadable
from portal.services.imports.reading import Choices
from portal.services.jobs import Claim
from portal.services.reconciliation import run_job
from portal.services.reconciliation.scanning import runs, shown_coupons, steps
from portal.services.reconciliation.scanning.steps import Place
from portal.services.users.languages import language_of

AT_ONCE = 1000
MOST_REFUSED = 200
"""Refused lines that are kept. All are counted."""


def step(claim: Claim) -> datetime | None:
    """For a worker. Returns when the next step of the run is due, or None."""
    return advance(claim.subject_id, lambda: jobs.renew(claim))


def advance(run_id: int, renew: Callable[[], bool]) -> datetime | None:
    """The next step of a reconciliation run, of whichever source. Two that do it at once do no harm."""
    db.session.commit()
    run = db.session.get(ReconciliationRun, run_id, populate_existing=True)
    if run is None:
        return None
    try:
        return _advance(run, renew)
    except Overtaken:
        return clock.now()


def _advance(run: ReconciliationRun, renew: Callable[[], bool]) -> datetime | None:
    if run.source is ReconciliationSource.FILE and run.state is ReconciliationState.LISTING:
        place = Place.of(run)
        db.session.expunge(run)  # it stays as it was read
        return read(place, renew)
    return run_job.advance(run, renew)


def read(place: Place, renew: Callable[[], bool]) -> datetime:
    """To the end of the file, unless somebody stops the run. Raises Overtaken."""
    upload = uploads.of_run(place.run.id)
    if upload is None:  # its run was begun by an older version
        runs.give_up(place.run.id)
        return clock.now()
    with in_language(language_of(upload.made_by)):
        try:
            file, choices = uploads.file_of(upload), Choices.of(upload.choices)
            reading = coupon_lines.survey(_renewed(file.records(), renew), choices)
            _keep(place, (cells for cells in file.records(reading) if cells.record.line > place.position), renew)
        except Unreadable:
            runs.give_up(place.run.id)
            return clock.now()
    with steps.step(place) as row:
        if lock(CouponUpload, upload.id).cleared_at is None:
            steps.enter(row, ReconciliationState.ASKING)
        else:  # deleted meanwhile, so nobody knows whether it was read to its end
            runs.end(row, ReconciliationState.STOPPED)
    return clock.now()


def _keep(place: Place, records: Iterator[Cells], renew: Callable[[], bool]) -> None:
    names = Names()
    while some := list(islice(records, AT_ONCE)):
        coupons = [(cells, coupon_lines.coupon_of(cells, names)) for cells in some]
        good = [pair for pair in coupons if not pair[0].faults]
        with steps.step(place) as row:
            earlier = Earlier.of_run(row.id, [coupon for _cells, coupon in good])
            new = [coupon for cells, coupon in good if earlier.is_new(cells, coupon)]
            shown_coupons.add(row, new)
            refused = sum(bool(cells.faults) for cells in some)
            steps.count(row, listed=len(new), repeated=len(some) - len(new) - refused, refused=refused)
            row.refused = _refused(row, some)
            row.position = some[-1].record.line
        if not renew():
            raise Overtaken()


def _refused(row: ReconciliationRun, some: list[Cells]) -> list:
    """The first lines that were not taken, with their reasons."""
    more = [[cells.record.line, *fault] for cells in some for fault in cells.faults]
    return (row.refused + more)[:MOST_REFUSED]


def _renewed(records: Iterator[Cells], renew: Callable[[], bool]) -> Iterator[Cells]:
    """Looking through the file takes longer than a lease if it is long."""
    for number, cells in enumerate(records, 1):
        if number % (5 * AT_ONCE) == 0 and not renew():
            raise Overtaken()
        yield cells
