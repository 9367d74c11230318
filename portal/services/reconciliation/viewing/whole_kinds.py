"""All open findings of a kind, before a person decides about them together: how many, and the first of them."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select

from portal.extensions import db
from portal.models import Asset, Finding, FindingAct, FindingKind, FindingState, ReconciliationRun
from portal.services.reconciliation.applying import offers
from portal.services.reconciliation.matching.differences import CORRECTABLE

ACTS = {
    FindingKind.UNRECORDED: FindingAct.RECORD,
    FindingKind.DUPLICATE: FindingAct.RECORD,
    FindingKind.FOREIGN: FindingAct.ATTACH,
    FindingKind.NO_CODE: FindingAct.RETRY,
    FindingKind.DIFFERS: FindingAct.CORRECT,
    FindingKind.UNVERIFIED: FindingAct.WITHDRAW,
}
"""What can be done with all of a kind. What became of a coupon, and which of two records is right, a person says for
each."""


@dataclass(frozen=True)
class AllOfKind:
    kind: FindingKind
    act: FindingAct
    most_id: int
    number: int
    """That the act is offered for."""
    left: int
    """Of the kind, without those."""
    first: list[int]


def look_at(run: ReconciliationRun, kind: FindingKind, most_id: int, *, shown: int) -> AllOfKind:
    """The kind is one of `ACTS`. `shown`: how many of them are shown in full."""
    act, rows = ACTS[kind], _open(run, kind, most_id)
    total = db.session.scalar(select(func.count()).select_from(rows.subquery()))
    if kind is FindingKind.DIFFERS:
        ids = _correctable(rows)
        return AllOfKind(kind, act, most_id, len(ids), total - len(ids), ids[:shown])
    rows = rows.where(*_offered(kind))
    number = db.session.scalar(select(func.count()).select_from(rows.subquery()))
    first = list(db.session.scalars(rows.order_by(Finding.id).limit(shown)))
    return AllOfKind(kind, act, most_id, number, total - number, first)


def cost(run: ReconciliationRun, most_id: int) -> tuple[int, Counter[str]]:
    """Of retrying all assets without a code: licences, and money by currency."""
    ids = _open(run, FindingKind.NO_CODE, most_id).where(*_offered(FindingKind.NO_CODE))
    ids = ids.with_only_columns(Finding.asset_id)
    total = func.sum(Asset.unit_price * Asset.quantity)
    rows = select(Asset.currency, func.sum(Asset.quantity), total).where(Asset.id.in_(ids)).group_by(Asset.currency)
    licences, money = 0, Counter()
    for currency, quantity, amount in db.session.execute(rows):
        licences += int(quantity)
        if currency is not None and amount is not None:
            money[currency] += int(amount)
    return licences, money


def _offered(kind: FindingKind) -> tuple[ColumnElement[bool], ...]:
    suggested = (Finding.counterpart_id.is_not(None),) if kind is FindingKind.FOREIGN else ()
    return *suggested, *offers.of_all(ACTS[kind])


def _open(run: ReconciliationRun, kind: FindingKind, most_id: int) -> Select[tuple[int]]:
    is_open = (Finding.run_id == run.id, Finding.state == FindingState.OPEN, Finding.kind == kind)
    return select(Finding.id).where(*is_open, Finding.id <= most_id)


def _correctable(rows: Select[tuple[int]]) -> list[int]:
    pairs = db.session.execute(rows.add_columns(Finding.differences).order_by(Finding.id)).yield_per(500)
    return [row_id for row_id, found in pairs if {field for field, *_ in found} <= CORRECTABLE]
