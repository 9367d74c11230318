"""The worker's part in a test: what is due is done, and time passes without anybody waiting."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import Table, bindparam, select, true, update

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Attempt, Connection, Coupon, Job, JobKind, Revocation
from portal.models.types import UTCDateTime
from portal.services import jobs as queue
from portal.worker.loop import run_due


class Work:
    def __init__(self, app: Flask):
        self._app = app

    def drain(self) -> int:
        """All that is due now. Returns how many steps that took."""
        with self._app.app_context():
            return run_due()

    def later(self, seconds: float) -> int:
        """So much later, all that is due then."""
        self.skip(seconds)
        return self.drain()

    def begin_confirming(self) -> None:
        """As a worker does at its start."""
        with self._app.app_context():
            queue.ensure(JobKind.CONFIRM, clock.now())

    def confirm(self, seconds: float = 6) -> int:
        """So much later, BitTitan is asked about the codes of purchases, and all that follows is done."""
        self.skip(seconds)
        with self._app.app_context():
            with transaction():
                queue.schedule(JobKind.CONFIRM, 0, clock.now())
            return run_due()

    def skip(self, seconds: float, *, attempts: list[int] | None = None) -> None:
        """Everything that is on record about an attempt or a revocation (or about these attempts) happened that much
        earlier."""
        mine = [Attempt.id.in_(attempts), _is_of(attempts)] if attempts is not None else [true(), true()]
        others = [] if attempts is not None else [(Revocation, true()), (Coupon, Coupon.confirm_at.is_not(None))]
        meant = [*zip((Attempt, Job), mine, strict=True), (Connection, true()), *others]
        with self._app.app_context(), transaction():
            for model, is_meant in meant:
                _move(model.__table__, is_meant, timedelta(seconds=seconds))


def _is_of(attempts: list[int]):
    return (Job.kind == JobKind.ADVANCE) & Job.subject_id.in_(attempts)


def _move(table: Table, is_meant, by: timedelta) -> None:
    """Without the objects of the rows: thousands of them are moved again and again."""
    moments = [column.name for column in table.columns if isinstance(column.type, UTCDateTime)]
    rows = db.session.execute(select(table.c.id, *(table.c[name] for name in moments)).where(is_meant)).all()
    if not rows:
        return
    moved = [
        {"row_id": row_id} | {name: then and then - by for name, then in zip(moments, thens, strict=True)}
        for row_id, *thens in rows
    ]
    values = {name: bindparam(name) for name in moments}
    db.session.execute(update(table).where(table.c.id == bindparam("row_id")).values(values), moved)
