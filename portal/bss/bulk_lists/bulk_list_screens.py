"""Answers and data that the screens of all bulk lists have in common. `words` is the wording module of a use."""

from collections.abc import Callable, Iterator
from types import ModuleType

from flask import Response, flash, redirect, request
from flask_login import current_user
from sqlalchemy import Row

from portal.bss.selection import list_of
from portal.core.csv_safe import BYTE_ORDER_MARK, Cells, text_of
from portal.display.lists.list_address import row_id
from portal.models import BulkList
from portal.services.bulk_lists import Use, bulk_list_page
from portal.web.forms.action_forms import ActForm
from portal.web.pages.downloads import csv_answer


def new(prepare: Callable[..., BulkList], words: ModuleType) -> Response:
    """Prepares a list of what was ticked, or leads back to where it was."""
    form = ActForm()
    if form.carry_out(prepare, request.form, by=current_user):
        return to(form.result, words)
    flash(form.refusal.message, "caution")
    return redirect(list_of(request.form, current_user), code=303)


def to(row: BulkList, words: ModuleType) -> Response:
    return redirect(words.href(row), code=303)


def flash_refusal(form: ActForm) -> None:
    if form.refusal:
        flash(form.refusal.message, "caution")


def of_index(use: Use, words: ModuleType) -> dict:
    """What the page with all lists of a use shows."""
    rows, older = bulk_list_page.newest(use, row_id(request.args.get("before")))
    return {"rows": rows, "older": older, "words": words}


def of_list(use: Use, row: BulkList, words: ModuleType) -> dict:
    """What the page of one list shows, whatever its use."""
    text = request.args.get("outcome", "")
    wanted = use.outcomes(text) if text in list(use.outcomes) else None
    after = row_id(request.args.get("after"))
    return {
        "words": words,
        "counts": bulk_list_page.counts(use, row),
        "wanted": wanted,
        "receipt": bulk_list_page.receipt(use, row, wanted, after),
        "rest_from": bulk_list_page.rest_from(use, row),
        "here": words.href(row, outcome=wanted, after=after),
    }


def csv_receipt(use: Use, row: BulkList, heads: Cells, cells: Callable[[Row], Cells]) -> Response:
    """Streamed; no cell is a formula that a spreadsheet would run."""
    return csv_answer(_lines(use, row, heads, cells), f"{row.number}.csv")


def _lines(use: Use, row: BulkList, heads: Cells, cells: Callable[[Row], Cells]) -> Iterator[str]:
    yield BYTE_ORDER_MARK + text_of([heads])
    for line in bulk_list_page.stream(use, row):
        yield text_of([cells(line)])
