"""Codes for assets that failed, from a file: each is checked at BitTitan, and attached only where a person ticked it.

A row's code is checked for the preview, and once more when it is attached. Each row has a transaction of its own, in
which its result is written as well, so whoever goes on after a worker was killed attaches nothing twice. A code that
BitTitan does not show as what was ordered is left to the asset's own page, where a person decides about it.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from sqlalchemy import Row, func, select, update

from portal.core import access, audit, clock
from portal.core.errors import Conflict, DomainError
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.core.transaction import transaction, write_with
from portal.extensions import db
from portal.models import CodeResult, Import, ImportKind, ImportState, Right, RowResult, StagedAsset, User
from portal.services.coupons import attachments
from portal.services.coupons.attachments import CodeCheck
from portal.services.imports import import_run
from portal.services.imports.reading.dates import spelt

PATIENCE = 5
"""After this many codes in a row of which BitTitan told nothing, it is not asked about the others."""
_NOT_ASKED = lazy("BitTitan was not asked, because it gave no details of the codes before. Read the file again later.")
_ROWS = StagedAsset.__table__


class Result(NamedTuple):
    """What is known about one row."""

    line: int
    asset_id: int
    mask: str
    result: CodeResult | None
    told: str


def is_wanted(file: Import) -> bool:
    """Whether ticked rows bring codes."""
    return file.kind is ImportKind.ASSETS and bool(file.attach_count and file.accepted)


def check(file: Import, beat: import_run.Beat) -> None:
    """Asks BitTitan about each code that could be attached. Not within a request. Raises Overtaken."""
    several, silent = _with_several_codes(file), 0
    for row in import_run.rows_with(file, RowResult.ATTACH):
        beat()
        if row.asset_id in several:
            result, told = CodeResult.REFUSED, _("Several lines have a code for this asset. Keep one.")
        elif silent >= PATIENCE:
            result, told = CodeResult.REFUSED, str(_NOT_ASKED)
        else:
            result, told, is_silent = _checked(row)
            silent = silent + 1 if is_silent else 0
        with transaction():
            _write(row, result, told)


def carry_out(file: Import, beat: import_run.Beat) -> None:
    """Attaches the ticked codes, each by itself, and ends the import. May run again. Raises Overtaken."""
    ticked = set(file.accepted)
    for row in import_run.rows_with(file, RowResult.ATTACH):
        if row.line in ticked and row.code_result == CodeResult.MATCH.value:
            beat()
            _attach(file, row)
    import_run.end(file, ImportState.APPLYING, state=ImportState.APPLIED)


def page(file: Import, after: int) -> tuple[list[Result], int | None]:
    """What is known about the rows with codes, and the line after which the next page begins."""
    if file.kind is not ImportKind.ASSETS:
        return [], None
    columns = (_ROWS.c.asset_id, _ROWS.c.mask, _ROWS.c.code_result, _ROWS.c.code_told)
    rows, further = import_run.page_of(file, RowResult.ATTACH, after, *columns)
    return [_result(row) for row in rows], further


def attached(file: Import) -> int | None:
    """How many codes were attached; None before the file is applied, and once its rows are deleted."""
    if file.kind is not ImportKind.ASSETS or file.applied_at is None or file.cleared_at is not None:
        return None
    is_attached = (_ROWS.c.import_id == file.id, _ROWS.c.code_result == CodeResult.ATTACHED.value)
    return db.session.scalar(select(func.count()).select_from(_ROWS).where(*is_attached))


def confirmed(file: Import) -> list[int]:
    """The lines whose code BitTitan shows as what was ordered."""
    is_match = (_ROWS.c.import_id == file.id, _ROWS.c.code_result == CodeResult.MATCH.value)
    return list(db.session.scalars(select(_ROWS.c.line).where(*is_match).order_by(_ROWS.c.line)))


def results(file: Import) -> Iterator[Result]:
    """Of all rows with codes."""
    if file.kind is ImportKind.ASSETS:
        yield from map(_result, import_run.rows_with(file, RowResult.ATTACH))


def _result(row: Row) -> Result:
    result = CodeResult(row.code_result) if row.code_result else None
    return Result(row.line, row.asset_id, row.mask, result, row.code_told or "")


def _with_several_codes(file: Import) -> set[int]:
    is_code = (_ROWS.c.import_id == file.id, _ROWS.c.verdict == RowResult.ATTACH)
    rows = select(_ROWS.c.asset_id).where(*is_code).group_by(_ROWS.c.asset_id).having(func.count() > 1)
    return set(db.session.scalars(rows))


def _checked(row: Row) -> tuple[CodeResult, str, bool]:
    """The last value: whether BitTitan told nothing."""
    try:
        checked = attachments.check(access.asset_for_command(row.asset_id), row.code)
    except DomainError as refusal:
        return CodeResult.REFUSED, refusal.message, False
    if checked.verdict != "match":
        return CodeResult.REFUSED, _why_not(checked), checked.coupon is None
    return CodeResult.MATCH, _what_it_is(checked), False


def _what_it_is(checked: CodeCheck) -> str:
    coupon, day = checked.coupon, spelt(clock.day_of(checked.coupon.expires))
    return _("BitTitan holds %(count)s licences under it, as ordered, until %(day)s.", count=coupon.quantity, day=day)


def _why_not(checked: CodeCheck) -> str:
    if checked.verdict in ("spent", "unverifiable"):
        return " ".join((*checked.sentences, _("If it is right anyway, attach it on the asset’s page.")))
    return " ".join(checked.sentences)


def _attach(file: Import, row: Row) -> None:
    """BitTitan is asked again, and the asset has to be as it was when it was asked."""
    by = db.session.get(User, file.applied_by_id, populate_existing=True) if file.applied_by_id else None
    try:
        if by is not None and not (by.is_active and by.may(Right.PROVISION)):
            raise Conflict(_("Who applied the file may not attach codes any more."))
        asset = access.visible_asset(by, row.asset_id) if by else access.asset_for_command(row.asset_id)
        version = asset.version
        checked = attachments.check(asset, row.code)
        if checked.verdict != "match":
            raise Conflict(_why_not(checked))
        done = partial(_write, row, CodeResult.ATTACHED, row.code_told)
        with attachments.refusing_duplicates(), write_with("attach", done):
            attachments.record(
                asset, checked.code, checked.coupon, version=version, by=by or audit.COMMAND_LINE,
                reason=f"Imported from {file.file_name}, line {row.line}",
            )  # fmt: skip
    except DomainError as refusal:
        with transaction():
            _write(row, CodeResult.REFUSED, refusal.message)


def _write(row: Row, result: CodeResult, told: str) -> None:
    """Inside a transaction. What is attached stays so, if a worker that was overtaken finds that it came too late."""
    is_row = (_ROWS.c.import_id == row.import_id, _ROWS.c.line == row.line, _ROWS.c.code == row.code)
    is_open = func.coalesce(_ROWS.c.code_result, "") != CodeResult.ATTACHED.value
    db.session.execute(update(_ROWS).where(*is_row, is_open).values(code_result=result.value, code_told=told))
