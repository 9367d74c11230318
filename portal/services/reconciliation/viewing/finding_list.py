"""Findings of a run: the differences first, what was set aside and what was dealt with apart."""

import enum
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import Load, aliased, contains_eager, joinedload

from portal.core import paging
from portal.core.paging import Place, Slice, Way
from portal.extensions import db
from portal.models import (
    Account,
    Asset,
    Finding,
    FindingKind,
    FindingState,
    Product,
    ReconciliationRun,
    ReconciliationState,
    User,
)
from portal.models.asset_rules import asset_id_of
from portal.models.reconciliation import WAITING
from portal.models.text_keys import search_key
from portal.services.reconciliation.scanning import runs

SHORTEST = 3
"""Letters of a search."""
AT_ONCE = 500
_ACCOUNT, _PAYER = aliased(Account), aliased(Account)


class StatusGroup(enum.Enum):
    OPEN = "open"
    """What waits for a person, or for the worker, and what could not be done."""
    SET_ASIDE = "set-aside"
    DONE = "done"

    @classmethod
    def of(cls, state: FindingState) -> Self:
        return next(part for part, states in _STATES.items() if state in states)


_STATES = {
    StatusGroup.OPEN: WAITING,
    StatusGroup.SET_ASIDE: (FindingState.SET_ASIDE,),
    StatusGroup.DONE: (FindingState.DONE,),
}


@dataclass(frozen=True)
class Filters:
    part: StatusGroup = StatusGroup.OPEN
    kind: FindingKind | None = None
    text: str = ""
    """A part of the name of the asset, its account or its billed account, the asset's number, or a case number. Never a
    code."""
    has_case: bool = False
    """Only those with a case at BitTitan."""


ByKind = dict[FindingKind, list[Finding]]
Counts = dict[StatusGroup, Counter[FindingKind]]


def page(viewer: User, run: ReconciliationRun, filters: Filters, place: Place) -> Slice:
    """Raises NotVisible. Takes two statements."""
    ids = _ids(viewer, run, filters)

    def read(way: Way) -> Sequence[Row]:
        return db.session.execute(_loaded(way.limited(ids)).order_by(*way.order(Finding.id))).all()

    return paging.walk(read, Finding.id, place)


def first_of_each(viewer: User, run: ReconciliationRun, filters: Filters, most: int) -> ByKind:
    """The first findings of each kind that there is. Raises NotVisible. Takes two statements."""
    place = func.row_number().over(partition_by=Finding.kind, order_by=Finding.id).label("place")
    ranked = _ids(viewer, run, filters).add_columns(Finding.kind, place).subquery()
    ids = select(ranked.c.id).where(ranked.c.place <= most)
    found: ByKind = {}
    for row in db.session.scalars(_loaded(ids).order_by(Finding.id)):
        found.setdefault(row.kind, []).append(row)
    return found


def counts(viewer: User, run: ReconciliationRun) -> tuple[Counts, Counts]:
    """How many there are of each kind, and how many of these have a case. Raises NotVisible. One statement."""
    numbers, cases = ({part: Counter() for part in StatusGroup} for _each in range(2))
    numbered = (func.count(), func.count(Finding.case_number))
    rows = _matching(viewer, run, None).with_only_columns(Finding.state, Finding.kind, *numbered)
    for state, kind, number, with_case in db.session.execute(rows.group_by(Finding.state, Finding.kind)):
        numbers[StatusGroup.of(state)][kind] += number
        cases[StatusGroup.of(state)][kind] += with_case
    return numbers, cases


def last_ids(viewer: User, run: ReconciliationRun) -> dict[FindingKind, int]:
    """Of the open findings of each kind, for all of a kind at once. Raises NotVisible."""
    rows = _matching(viewer, run, None).where(Finding.state == FindingState.OPEN)
    last = rows.with_only_columns(Finding.kind, func.max(Finding.id)).group_by(Finding.kind)
    return dict(db.session.execute(last).all())


def neighbours(viewer: User, finding: Finding, run: ReconciliationRun, filters: Filters) -> tuple[int | None, ...]:
    """The ids of the finding before and of the one after, in the order of the list. Raises NotVisible."""
    rows, order = _matching(viewer, run, filters), list(FindingKind)
    place = order.index(finding.kind)
    before = _beside(rows, finding, order[place::-1], Finding.id < finding.id, func.max)
    return before, _beside(rows, finding, order[place:], Finding.id > finding.id, func.min)


def _beside(
    rows: Select, finding: Finding, kinds: Sequence[FindingKind], is_beyond: ColumnElement[bool], nearest: Callable
) -> int | None:
    """`kinds`: the finding's own, then the others in order."""
    rows = rows.where((Finding.kind != finding.kind) | is_beyond, Finding.kind.in_(kinds)).group_by(Finding.kind)
    ids = rows.with_only_columns(Finding.kind, nearest(Finding.id), maintain_column_froms=True)
    found = dict(db.session.execute(ids).all())
    return next((found[kind] for kind in kinds if kind in found), None)


def each(viewer: User, run: ReconciliationRun, filters: Filters) -> Iterator[Finding]:
    """All that match, for an export. Some at a time. Raises NotVisible."""
    ids = array("q", db.session.scalars(_ids(viewer, run, filters).order_by(Finding.id)))
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE].tolist()
        yield from db.session.scalars(_loaded(some).order_by(Finding.id)).all()
        db.session.expunge_all()


def _ids(viewer: User, run: ReconciliationRun, filters: Filters) -> Select[tuple[int]]:
    """What is shown of them is read for few at a time: a statement that sorts all would join all first."""
    return _matching(viewer, run, filters).with_only_columns(Finding.id, maintain_column_froms=True)


def _matching(viewer: User, run: ReconciliationRun, filters: Filters | None) -> Select[tuple[Finding]]:
    """A run that has not ended, or not completely, shows nothing."""
    run = runs.visible_run(viewer, run.id)
    is_told = run.state is ReconciliationState.DONE
    is_searched = filters is not None and len(filters.text.strip()) >= SHORTEST
    rows = (_joined() if is_searched else select(Finding)).where(Finding.run_id == (run.id if is_told else 0))
    if filters is None:
        return rows
    rows = rows.where(Finding.state.in_(_STATES[filters.part]))
    if filters.kind is not None:
        rows = rows.where(Finding.kind == filters.kind)
    if filters.has_case:
        rows = rows.where(Finding.case_number.is_not(None))
    return rows.where(_has(filters.text)) if is_searched else rows


def _has(text: str) -> ColumnElement[bool]:
    key, asset_id = search_key(text.strip()), asset_id_of(text)
    found = [column.contains(key, autoescape=True) for column in (Asset.name_key, _ACCOUNT.name_key, _PAYER.name_key)]
    found.append(func.lower(Finding.case_number).contains(text.strip().lower(), autoescape=True))
    if asset_id is not None:
        found.append(Finding.asset_id == asset_id)
    return or_(*found)


def _joined() -> Select[tuple[Finding]]:
    return (
        select(Finding)
        .outerjoin(Asset, Asset.id == Finding.asset_id)
        .outerjoin(_ACCOUNT, _ACCOUNT.id == Asset.account_id)
        .outerjoin(_PAYER, _PAYER.id == Asset.billed_account_id)
    )


def _loaded(ids: Select[tuple[int]] | Sequence[int]) -> Select[tuple[Finding]]:
    asset = contains_eager(Finding.asset)
    return (
        _joined()
        .where(Finding.id.in_(ids))
        .options(
            asset.contains_eager(Asset.account.of_type(_ACCOUNT)),
            asset.contains_eager(Asset.billed_account.of_type(_PAYER)),
            asset.joinedload(Asset.product).joinedload(Product.type),
            asset.joinedload(Asset.coupon),
            joinedload(Finding.coupon),
            joinedload(Finding.shown),
            joinedload(Finding.decided_by),
            joinedload(Finding.target),
            joinedload(Finding.counterpart).options(_suggested(), joinedload(Finding.shown)),
        )
    )


def _suggested() -> Load:
    """With what its signs are made of."""
    return joinedload(Finding.asset).options(
        joinedload(Asset.account), joinedload(Asset.billed_account), joinedload(Asset.product).joinedload(Product.type)
    )
