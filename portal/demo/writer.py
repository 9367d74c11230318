"""Stories into rows: in bulk, with ids from the database, so that its sequences stay right."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert

from portal.demo.story import Story
from portal.extensions import db
from portal.models import Alert, Asset, Attempt, AuditEntry, Coupon, Exchange, Order, WorkItem, WorkKind

Rows = list[dict[str, Any]]
_NEW_WORK = {"kind": WorkKind.ADVANCE, "fence": 0, "failures": 0}


class Writer:
    """Audit entries are kept back until nothing earlier can follow: the record is in the order of time."""

    def __init__(self):
        self._audits: Rows = []

    def write(self, stories: list[Story]) -> None:
        """Stories begin in the order of time, in each call and from one call to the next."""
        orders = _insert(Order, [story.order for story in stories])
        assets = _insert(Asset, [story.asset | {"order_id": id_} for story, id_ in zip(stories, orders, strict=True)])
        told = list(zip(assets, stories, strict=True))
        self._write_attempts(told)
        for model, rows in ((Coupon, "coupons"), (Alert, "alerts")):
            _insert(model, [row | {"asset_id": id_} for id_, story in told for row in getattr(story, rows)])
        self._audits += [row | {"subject_id": id_} for id_, story in told for row in story.audits]
        self._write_audits(until=stories[-1].purchase.placed_at)

    def finish(self) -> None:
        self._write_audits(until=None)

    def _write_attempts(self, told: list[tuple[int, Story]]) -> None:
        attempts = [row | {"asset_id": id_} for id_, story in told for row in story.attempts]
        ids = _insert(Attempt, attempts)
        exchanges = [each for _, story in told for each in story.exchanges]
        _insert(Exchange, [row | {"attempt_id": id_} for id_, rows in zip(ids, exchanges, strict=True) for row in rows])
        last = dict(zip((row["asset_id"] for row in attempts), ids, strict=True))
        due = [(last[id_], story.attempt["next_at"]) for id_, story in told if story.is_due]
        _insert(WorkItem, [_NEW_WORK | {"subject_id": id_, "due_at": at} for id_, at in due])

    def _write_audits(self, until: datetime | None) -> None:
        self._audits.sort(key=lambda row: row["at"])
        ready = [row for row in self._audits if until is None or row["at"] < until]
        self._audits = self._audits[len(ready) :]
        _insert(AuditEntry, ready)


def _insert(model: type[db.Model], rows: Rows) -> list[int]:
    """The ids, in the order of the rows."""
    if not rows:
        return []
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)
    # With nulls spelt out, all rows have the same columns and go in together.
    return list(db.session.scalars(statement.execution_options(render_nulls=True), rows))
