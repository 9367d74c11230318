"""Data for the screens about runs: all of them, the preview, and the receipt of one."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import joinedload

from portal.core import paging
from portal.core.errors import NotVisible
from portal.extensions import db
from portal.models import (
    Account,
    DocumentKind,
    InvoiceDocument,
    InvoiceRun,
    InvoiceRunItem,
    RunItemState,
)

LISTED, PAGE = 20, 50
_STATE = InvoiceRunItem.state


class Outcome(enum.StrEnum):
    WAITING = "waiting"
    LEFT_OUT = "left-out"
    ISSUED = "issued"
    NOT_ISSUED = "not-issued"
    NOT_BEGUN = "not-begun"
    NO_PDF = "no-pdf"
    """Issued, but its PDF is not made yet, or cannot be made."""


OF_STATE = {
    RunItemState.WAITING: Outcome.WAITING,
    RunItemState.DRAFTED: Outcome.WAITING,
    RunItemState.LEFT_OUT: Outcome.LEFT_OUT,
    RunItemState.ISSUED: Outcome.ISSUED,
    RunItemState.NOT_ISSUED: Outcome.NOT_ISSUED,
    RunItemState.NOT_BEGUN: Outcome.NOT_BEGUN,
}


@dataclass(frozen=True)
class Sum:
    currency: str
    invoices: int
    lines: int
    licences: int
    net: int
    vat: int
    gross: int


@dataclass(frozen=True)
class Page:
    rows: list[InvoiceRunItem]
    after: int | None
    """The item after which the next page begins."""
    without_pdf: set[int]
    """Invoices of these rows."""


def of(run_id: int) -> InvoiceRun:
    """With the people who made, started and ended it. Raises NotVisible."""
    row = db.session.scalar(_with_people(select(InvoiceRun).where(InvoiceRun.id == run_id)))
    if row is None:
        raise NotVisible()
    return row


def newest(before: int | None) -> tuple[list[tuple[InvoiceRun, dict[Outcome, int]]], int | None]:
    """One page, newest first, with the counts of each, and the id before which the next page begins."""
    rows, older = paging.newest(_with_people(select(InvoiceRun)), InvoiceRun.id, before, LISTED)
    numbers = _counts([row.id for row in rows])
    return [(row, numbers[row.id]) for row in rows], older


def counts(run: InvoiceRun) -> dict[Outcome, int]:
    """By outcome; those without a PDF are among the issued ones, too."""
    found = _counts([run.id])[run.id]
    without = select(func.count()).select_from(InvoiceRunItem).where(*_is(run, Outcome.NO_PDF))
    return found | {Outcome.NO_PDF: db.session.scalar(without)}


def sums(run: InvoiceRun, *states: RunItemState) -> list[Sum]:
    """By currency, the one with the most invoices first."""
    names = ("lines_count", "licences", "net", "vat", "gross")
    added = [func.sum(getattr(InvoiceRunItem, name)) for name in names]
    rows = select(InvoiceRunItem.currency, func.count(), *added).where(
        InvoiceRunItem.run_id == run.id, _STATE.in_(states)
    )
    found = db.session.execute(rows.group_by(InvoiceRunItem.currency)).all()
    return sorted(
        (Sum(currency, *map(int, numbers)) for currency, *numbers in found),
        key=lambda each: (-each.invoices, each.currency),
    )


def page(run: InvoiceRun, wanted: Outcome | None, after: int | None) -> Page:
    rows = _items(run.id).limit(PAGE + 1)
    if wanted is not None:
        rows = rows.where(*_is(run, wanted))
    if after is not None:
        rows = rows.where(InvoiceRunItem.id > after)
    found = list(db.session.scalars(rows))
    shown = found[:PAGE]
    return Page(shown, shown[-1].id if len(found) > PAGE else None, _without_pdf(shown))


def all_items(run_id: int) -> Iterator[InvoiceRunItem]:
    """All rows of the receipt, through a server-side cursor."""
    return db.session.scalars(_items(run_id).execution_options(yield_per=500))


def account_of(item: InvoiceRunItem) -> Account:
    return db.session.get_one(Account, item.account_id)


def _items(run_id: int) -> Select[tuple[InvoiceRunItem]]:
    related = joinedload(InvoiceRunItem.account), joinedload(InvoiceRunItem.order), joinedload(InvoiceRunItem.invoice)
    return select(InvoiceRunItem).where(InvoiceRunItem.run_id == run_id).options(*related).order_by(InvoiceRunItem.id)


def _is(run: InvoiceRun, wanted: Outcome) -> tuple[ColumnElement[bool], ...]:
    is_of_run = InvoiceRunItem.run_id == run.id
    if wanted is Outcome.NO_PDF:
        return is_of_run, InvoiceRunItem.state == RunItemState.ISSUED, ~_has_pdf()
    return is_of_run, _STATE.in_([state for state, outcome in OF_STATE.items() if outcome is wanted])


def _has_pdf() -> ColumnElement[bool]:
    is_pdf = and_(InvoiceDocument.invoice_id == InvoiceRunItem.invoice_id, InvoiceDocument.kind == DocumentKind.PDF)
    return exists().where(is_pdf)


def _without_pdf(rows: list[InvoiceRunItem]) -> set[int]:
    issued = {row.invoice_id for row in rows if row.state is RunItemState.ISSUED}
    is_pdf = (InvoiceDocument.invoice_id.in_(issued), InvoiceDocument.kind == DocumentKind.PDF)
    return issued - set(db.session.scalars(select(InvoiceDocument.invoice_id).where(*is_pdf)))


def _counts(run_ids: list[int]) -> dict[int, dict[Outcome, int]]:
    result: dict[int, dict[Outcome, int]] = {run_id: {} for run_id in run_ids}
    rows = select(InvoiceRunItem.run_id, _STATE, func.count()).where(InvoiceRunItem.run_id.in_(run_ids))
    for run_id, state, count in db.session.execute(rows.group_by(InvoiceRunItem.run_id, _STATE)):
        outcome = OF_STATE[state]
        result[run_id][outcome] = result[run_id].get(outcome, 0) + count
    return result


def _with_people(rows: Select[tuple[InvoiceRun]]) -> Select[tuple[InvoiceRun]]:
    return rows.options(*(joinedload(getattr(InvoiceRun, f"{act}_by")) for act in ("made", "started", "ended")))
