"""How many billing exceptions there are, and what they are worth: for the work queue."""

from dataclasses import dataclass

from sqlalchemy import Select, func, select

from portal.extensions import db
from portal.services.invoicing.checks import billed_not_delivered, delivered_not_billed
from portal.services.lists import CAP, totals
from portal.services.lists.totals import Sum


@dataclass(frozen=True)
class Exceptions:
    """Each is counted up to CAP + 1."""

    billed: Sum
    delivered: Sum

    @property
    def is_empty(self) -> bool:
        return not (self.billed.count or self.delivered.count)


def counts() -> Exceptions:
    """Two statements, each by an index."""
    return Exceptions(_sum(billed_not_delivered.amounts()), _sum(delivered_not_billed.amounts()))


def _sum(rows: Select) -> Sum:
    inner = rows.limit(CAP + 1).subquery()
    added = select(*totals.columns(inner.c), func.min(inner.c.since).label("since")).group_by(inner.c.currency)
    result = Sum()
    for row in db.session.execute(added):
        result.add(row)
    return result
