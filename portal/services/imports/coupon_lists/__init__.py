"""A list of coupons, exported from BitTitan's own portal, as the source of a reconciliation run.

It is read line by line, twice: first to find out how its dates are written, then to keep its coupons. A line that
cannot be read is refused with its reason, and the others are taken.
"""

from collections.abc import Iterator
from itertools import islice

from portal.core.audit import Actor
from portal.core.errors import Conflict
from portal.core.i18n import gettext as _
from portal.models import ReconciliationRun
from portal.services.imports.coupon_lists import coupon_columns, coupon_lines
from portal.services.imports.coupon_lists.coupon_columns import Mapping
from portal.services.imports.coupon_lists.coupon_lines import Names
from portal.services.imports.import_columns import Cells
from portal.services.imports.import_file import Source
from portal.services.imports.reading import NO_CHOICES, Choices
from portal.services.reconciliation.scanning import runs, shown_coupons, steps
from portal.services.reconciliation.scanning.runs import EVERYTHING, Scoped
from portal.services.reconciliation.scanning.steps import Place

AT_ONCE = 500
MOST_REFUSED = 200
"""Refused lines that are kept. All are counted."""


def compare(
    source: Source, *, name: str, is_whole: bool, by: Actor, scoped: Scoped = EVERYTHING,
    mapping: Mapping | None = None, choices: Choices = NO_CHOICES,
) -> ReconciliationRun:  # fmt: skip
    """Begins a run with the file, which the worker continues. `mapping`: headings by field, where a person has said
    them. Raises Unreadable, and what `runs.begin` raises."""
    runs.check_may_use(by)
    file = coupon_columns.open_list(source, mapping or {}, choices)
    reading = coupon_lines.survey(file.records(), choices)
    run = runs.begin_with_file(scoped, name=name, is_whole=is_whole, by=by)
    try:
        refused, count = _keep(run, file.records(reading))
    except steps.Overtaken as stopped:
        raise Conflict(_("Somebody stopped this comparison.")) from stopped
    except BaseException:
        runs.give_up(run.id)
        raise
    runs.end_listing(run.id, refused=refused, count=count)
    return run


def _keep(run: ReconciliationRun, records: Iterator[Cells]) -> tuple[list, int]:
    """The lines that were not taken, the first of them with their reasons."""
    names, place, refused, count = Names(), Place.of(run), [], 0
    while some := list(islice(records, AT_ONCE)):
        coupons = []
        for cells in some:
            coupon = coupon_lines.coupon_of(cells, names)
            if cells.faults:
                count += 1
                refused += [[cells.record.line, *fault] for fault in cells.faults[: MOST_REFUSED - len(refused)]]
            else:
                coupons.append(coupon)
        with steps.step(place) as row:
            new = shown_coupons.add(row.id, coupons)
            steps.count(row, listed=new, repeated=len(coupons) - new)
    return refused, count
