"""The audit log as a list: who did what to which thing, over everything; filters, pages by key, and a file.

The entries of a page are found first, each branch (audit_branches.py) in the order of one index; what is shown is
joined to those few. Entries come by time, the newest first; those of one instant by id.
"""

from collections.abc import Sequence

from sqlalchemy import CompoundSelect, Row, Select, Subquery, func, literal, select, union_all

from portal.core.paging import PAGE, Place, Slice, Way, walk
from portal.database import VALUES_MATTER
from portal.extensions import db
from portal.models import AuditEntry
from portal.services.audit_log.audit_branches import branches, finds_few
from portal.services.audit_log.audit_filters import Filters, Group
from portal.services.lists.join_hints import first, in_order, materialized
from portal.services.lists.list_counts import CAP

__all__ = ["CAP", "Filters", "Group", "count", "every", "page"]


def page(filters: Filters, place: Place) -> Slice:
    """Rows of one entry each. One statement."""

    def read(way: Way) -> Sequence[Row]:
        found = _together([first(part, PAGE + 1) for part in _parts(filters, way)])
        rows = _joined(found).with_only_columns(AuditEntry, maintain_column_froms=True)
        rows = rows.order_by(*way.order(AuditEntry.at, AuditEntry.id))
        return db.session.execute(_planned(first(rows, PAGE + 1))).all()

    return walk(read, AuditEntry.at, place, descending=True)


def count(filters: Filters) -> int:
    """Up to CAP + 1. One statement."""
    found = _together([first(rows, CAP + 1) for rows in branches(filters)])
    few = first(select(literal(1)).select_from(found), CAP + 1).subquery()
    return db.session.scalar(_planned(select(func.count()).select_from(few))) or 0


def every(filters: Filters) -> Select:
    """All that match, newest first, as plain columns for a file."""
    columns, found = AuditEntry.__table__.columns, branches(filters)
    if len(found) == 1 and not finds_few(filters):  # in the order of its index: nothing is sorted
        rows = found[0].with_only_columns(*columns, maintain_column_froms=True)
    else:
        few = select(materialized(_union(found), "few")).subquery()
        rows = _joined(few).with_only_columns(*columns, maintain_column_froms=True)
    return rows.order_by(AuditEntry.at.desc(), AuditEntry.id.desc())


def _parts(filters: Filters, way: Way) -> list[Select]:
    found = branches(filters)
    if not finds_few(filters):
        return [way.limited(rows) for rows in found]
    few = materialized(_union(found), "few")
    return [way.limited(select(few), few.c.at, few.c.id)]


def _together(found: Sequence[Select]) -> Subquery:
    parts = [select(rows.subquery()) for rows in found]
    return _union(parts).subquery("found")


def _union(parts: Sequence[Select]) -> Select | CompoundSelect:
    return parts[0] if len(parts) == 1 else union_all(*parts)


def _joined(found: Subquery) -> Select:
    return select(AuditEntry.id).select_from(in_order(found, AuditEntry, AuditEntry.id == found.c.id))


def _planned(rows: Select) -> Select:
    return rows.execution_options(**{VALUES_MATTER: True})
