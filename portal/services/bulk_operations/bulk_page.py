"""The preview of a bulk operation; the rest is in services/bulk_lists/bulk_list_page.py."""

from dataclasses import dataclass, field, replace

from portal.extensions import db
from portal.models import Asset, BulkOperation
from portal.services import credit_drafts
from portal.services.bulk_operations.bulk_items import OPERATIONS, Outcome, items, outcome
from portal.services.bulk_operations.bulk_kinds import Why
from portal.services.lists import totals
from portal.services.lists.totals import Sum


@dataclass(frozen=True)
class Preview:
    sums: dict[Outcome, Sum] = field(default_factory=dict)
    left: dict[Why, Sum] = field(default_factory=dict)
    possible: Sum = field(default_factory=Sum)
    """Of all that would be changed."""
    invoiced: int = 0
    """Of a cancellation: how many of them get on draft credit notes."""


def preview(operation: BulkOperation) -> Preview:
    """One statement, and one more for a cancellation."""
    groups = (outcome(operation), OPERATIONS.why(operation), Asset.currency)
    named = (groups[0].label("outcome"), groups[1].label("why"))
    told = Preview()
    for row in db.session.execute(items([operation.id], *named, *totals.columns()).group_by(*groups)):
        if row.why is not None:
            told.left.setdefault(Why(row.why), Sum()).add(row)
        else:
            told.sums.setdefault(Outcome(row.outcome), Sum()).add(row)
            told.possible.add(row)
    if not operation.cancels:
        return told
    possible = items([operation.id], Asset.id).where(OPERATIONS.why(operation).is_(None))
    return replace(told, invoiced=credit_drafts.count_billed(possible))
