"""What people decided in a run, newest first, and what became of it."""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from portal.core import paging
from portal.core.paging import Place, Slice
from portal.extensions import db
from portal.models import Asset, Coupon, CouponStanding, Finding, FindingState, ReconciliationRun, User
from portal.services.reconciliation.scanning import runs

AT_ONCE = 500


def page(viewer: User, run: ReconciliationRun, place: Place) -> Slice:
    """Raises NotVisible."""
    return paging.page(_loaded(_decided(viewer, run)), Finding.decided_at, place, descending=True)


def newest(viewer: User, run: ReconciliationRun, most: int) -> list[Finding]:
    rows = _loaded(_decided(viewer, run)).order_by(Finding.decided_at.desc(), Finding.id.desc())
    return list(db.session.scalars(rows.limit(most)))


def counts(viewer: User, run: ReconciliationRun) -> Counter[FindingState]:
    rows = _decided(viewer, run).with_only_columns(Finding.state, func.count()).group_by(Finding.state)
    return Counter(dict(db.session.execute(rows).all()))


def each(viewer: User, run: ReconciliationRun) -> Iterator[list[Finding]]:
    """All of them, for a file, some at a time; first found first."""
    last, rows = 0, _loaded(_decided(viewer, run))
    while some := list(db.session.scalars(rows.where(Finding.id > last).order_by(Finding.id).limit(AT_ONCE))):
        last = some[-1].id
        yield some
        db.session.expunge_all()


def recorded(findings: list[Finding]) -> dict[str, Coupon]:
    """Where the coupons that were dealt with are by now, by BitTitan's Id. One statement."""
    ids = {row.shown.bittitan_id for row in findings if row.shown is not None and row.shown.bittitan_id}
    rows = select(Coupon).where(Coupon.bittitan_id.in_(ids), Coupon.standing != CouponStanding.WITHDRAWN)
    return {row.bittitan_id: row for row in db.session.scalars(rows)} if ids else {}


def _decided(viewer: User, run: ReconciliationRun) -> Select[tuple[Finding]]:
    """In this run: what an earlier one set aside is not its receipt."""
    run = runs.visible_run(viewer, run.id)
    return select(Finding).where(Finding.run_id == run.id, Finding.decided_at >= run.made_at)


def _loaded(rows: Select[tuple[Finding]]) -> Select[tuple[Finding]]:
    return rows.options(
        joinedload(Finding.asset).joinedload(Asset.coupon), joinedload(Finding.target), joinedload(Finding.coupon),
        joinedload(Finding.shown), joinedload(Finding.decided_by),
        joinedload(Finding.counterpart).joinedload(Finding.shown),
    )  # fmt: skip
