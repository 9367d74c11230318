"""Imports the good rows of a file in one transaction, with statements that run in the database alone.

What was found when the rows were compared is checked again under the lock; unique constraints have the last word.
"""

import logging
from datetime import datetime
from enum import Enum

from sqlalchemy import ColumnElement, Select, String, case, exists, func, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from portal.core import access, audit, clock
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    Account,
    AccountKind,
    Asset,
    Coupon,
    Import,
    ImportKind,
    ImportState,
    InvoiceDelivery,
    InvoiceRhythm,
    RowResult,
    TaxCode,
    User,
)
from portal.models.types import UTCDateTime
from portal.services.catalog import product_changes
from portal.services.imports import attaching, import_accounts, import_assets, import_codes, import_run

log = logging.getLogger(__name__)
_TRIES = 5
_KEPT = (RowResult.FAULTY, RowResult.DIFFERS, RowResult.REMARKED, RowResult.ATTACH)
_ASSETS, _ACCOUNTS = import_assets.TABLE, import_accounts.TABLE


_ROOM = -8 * 1024
"""KiB of pages that SQLite caches meanwhile. With its usual 2 MiB the lock would be held three times as long; 32 MiB
would save no more than a fiftieth. Sorting may take as much again."""


class Moved(Exception):
    """The portal has changed since the rows were compared with it: compare them again."""


def apply(file: Import, beat: import_run.Beat) -> None:
    """All or nothing. Ends applied, or with the current preview and the reason."""
    for _try in range(_TRIES):
        import_run.validate(file, beat)
        row = import_run.reload(file)
        if (why := _why_not(row)) is not None:
            _give_back(row, why, beat)
            return
        beat()
        try:
            with transaction():
                is_taken = _take(row)
        except Moved:
            continue
        except IntegrityError:
            log.info("import %s is compared anew: a constraint had the last word", row.id, exc_info=True)
            continue
        if is_taken:
            import_run.clear(file.id, keep=_KEPT)
        return
    why = _("The portal kept changing while the file was compared with it, so nothing was changed. Apply it again.")
    _give_back(file, why, beat)


def _why_not(file: Import) -> str | None:
    """What has changed since a person looked at the preview."""
    if file.faulty_count and not file.skips_faulty:
        return _("In the meantime there are rows that cannot be taken, so nothing was changed. Look at them below.")
    table = import_accounts.TABLE if file.kind is ImportKind.ACCOUNTS else import_assets.TABLE
    is_ticked = (table.c.import_id == file.id, table.c.line.in_(file.accepted))
    if db.session.scalar(select(table.c.line).where(*is_ticked, table.c.verdict == RowResult.REMARKED).limit(1)):
        return _("In the meantime a ticked row looks like something else, so nothing was changed. Look at it below.")
    if file.kind is ImportKind.ASSETS and _has_moved(file):
        return _("In the meantime a ticked row stopped being a code for a failed asset, so nothing was changed.")
    return None


def _has_moved(file: Import) -> bool:
    is_ticked = (_ASSETS.c.import_id == file.id, _ASSETS.c.line.in_(file.accepted))
    is_other = _ASSETS.c.verdict.in_((RowResult.DIFFERS, RowResult.FAULTY))
    return db.session.scalar(select(_ASSETS.c.line).where(*is_ticked, is_other).limit(1)) is not None


def _give_back(file: Import, why: str, beat: import_run.Beat) -> None:
    """Back to the preview, with nothing ticked."""
    was_ticked = bool(file.accepted)
    import_run.end(file, ImportState.APPLYING, state=ImportState.READ, problem=why, accepted=[])
    if was_ticked:
        import_run.validate(file, beat)


def _take(file: Import) -> bool:
    """Inside a transaction. Returns False if somebody else was faster."""
    now = clock.now()
    values = {"state": ImportState.APPLYING if attaching.is_wanted(file) else ImportState.APPLIED, "applied_at": now}
    is_ours = (Import.id == file.id, Import.state == ImportState.APPLYING, Import.applied_at.is_(None))
    if not db.session.execute(update(Import).where(*is_ours).values(values)).rowcount:
        return False
    by = db.session.get(User, file.applied_by_id) if file.applied_by_id else audit.COMMAND_LINE
    apply_rows(file, by=by, now=now)
    imported = f"{file.new_count} {file.kind.value} from {file.file_name}"
    left_out = f"{file.faulty_count} faulty, {file.differs_count} different, {file.same_count} there already"
    if file.remarked_count:
        left_out += f", {file.remarked_count} that look like something that is there"
    if file.attach_count:
        left_out += f", {file.attach_count} with a code for an asset that failed"
    audit.record("import", file.id, "apply", by=by, at=now, after=imported, why=f"Left out: {left_out}")
    return True


def apply_rows(file: Import, *, by: audit.Actor, now: datetime) -> None:
    """Inside a transaction. Raises Moved or IntegrityError; then nothing was imported."""
    act = _take_assets if file.kind is ImportKind.ASSETS else _take_accounts
    connection = db.session.connection()
    if connection.dialect.name != "sqlite":
        act(file, by=by, now=now)
        return
    usual = connection.exec_driver_sql("PRAGMA cache_size").scalar()
    connection.exec_driver_sql(f"PRAGMA cache_size={_ROOM}")
    try:
        act(file, by=by, now=now)
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size={usual}")


def _take_assets(file: Import, *, by: audit.Actor, now: datetime) -> None:
    rows = _ASSETS.c
    is_new = (rows.import_id == file.id, rows.verdict == RowResult.NEW)
    has_moved = or_(
        exists(select(Asset.id).where(Asset.external_key == rows.key)),
        exists(select(Coupon.id).where(Coupon.code == rows.code)),
        ~exists(select(Account.id).where(Account.id == rows.account_id, Account.branch_id == rows.branch_id)),
        exists(select(Account.id).where(Account.id == rows.billed_account_id, ~access.IS_NOT_MERGED)),
    )
    _refuse_if(select(rows.line).where(*is_new, has_moved))
    copied = (
        "name", "name_key", "name_sort", "account_id", "branch_id", "billed_account_id", "product_id", "quantity",
        "purchased_on", "expire_days", "validity_days", "redeem_by", "sync_status", "reference", "external_id",
    )  # fmt: skip
    at = literal(now, UTCDateTime)
    # Sorted unlike the file: related rows touch the same index pages, which keeps the lock short.
    made = (
        select(*(rows[name] for name in copied), rows.key, at, at)
        .where(*is_new)
        .order_by(rows.branch_id, rows.account_id, rows.purchased_on, rows.line)
    )
    columns = [*copied, "external_key", "imported_at", "created_at"]
    db.session.execute(insert(Asset.__table__).from_select(columns, made))
    product_changes.note_sale(select(rows.product_id).where(*is_new), now)
    both = (*is_new, Asset.external_key == rows.key)
    why = _why(file, rows)
    status = select(Asset.id.label("subject_id"), rows.sync_status.cast(String).label("after"), why).where(*both)
    audit.record_each(status, "asset", "import", by=by, at=now, field="sync_status")
    codes = select(Asset.id.label("asset_id"), rows.code, rows.mask, rows.quantity, why).where(
        *both, rows.code.is_not(None)
    )
    _check(import_codes.record_imported_codes(codes, by=by, now=now), select(func.count(rows.code)).where(*is_new))


def _take_accounts(file: Import, *, by: audit.Actor, now: datetime) -> None:
    """Partners first, as their customers are below them."""
    rows = _ACCOUNTS.c
    is_new = (rows.import_id == file.id, rows.verdict == RowResult.NEW)
    _refuse_if(select(rows.line).where(*is_new, exists(select(Account.id).where(Account.code_key == rows.key))))
    _keep_in_place(select(rows.parent_key).where(*is_new))
    made = 0
    for kind in (AccountKind.PARTNER, AccountKind.CUSTOMER):
        made += _make_accounts((*is_new, rows.kind == kind), now)
    _check(made, select(func.count(rows.line)).where(*is_new))
    text = Account.code + literal(", ", String) + Account.name
    entries = select(Account.id.label("subject_id"), text.label("after"), _why(file, rows))
    audit.record_each(
        entries.where(*is_new, Account.code_key == rows.key), "account", "created", by=by, at=now, field=None
    )


def _keep_in_place(parent_keys: Select[tuple[str]]) -> None:
    """Locks the parents, so that none is disabled or merged before it has its new accounts."""
    parents = select(Account.id).where(Account.code_key.in_(parent_keys)).order_by(Account.id)
    db.session.execute(parents.with_for_update(read=True))


def _make_accounts(is_new: tuple, now: datetime) -> int:
    """If a parent was disabled or deleted meanwhile, fewer rows are made than wanted."""
    rows, parent = _ACCOUNTS.c, aliased(Account)
    copied = ("code", "name", "name_key", "name_sort", "kind", *import_accounts.DETAILS)
    values = {name: rows[name] for name in copied} | {
        "code_key": rows.key, "parent_id": parent.id, "branch_id": parent.branch_id,
        "created_at": literal(now, UTCDateTime), "language": func.coalesce(rows.language, "en"),
        "invoice_rhythm": _or(rows.invoice_rhythm, InvoiceRhythm.ORDER),
        "invoice_delivery": _or(rows.invoice_delivery, InvoiceDelivery.MAIL),
        "tax_code_id": TaxCode.id, "tax_text": case((TaxCode.id.is_(None), rows.tax_code)),
    }  # fmt: skip
    has_parent = (*is_new, parent.code_key == rows.parent_key, parent.disabled_at.is_(None))
    is_named = or_(rows.tax_code == TaxCode.code, func.lower(rows.tax_code) == TaxCode.code_key)
    is_tax_code = is_named & TaxCode.retired_at.is_(None)
    query = (
        select(*values.values())
        .select_from(_ACCOUNTS.join(parent, parent.code_key == rows.parent_key).outerjoin(TaxCode, is_tax_code))
        .where(*has_parent)
        .order_by(rows.line)
    )
    statement = insert(Account.__table__).from_select(list(values), query)
    made = db.session.execute(statement.execution_options(preserve_rowcount=True))
    heads_a_branch = (Account.branch_id.is_(None), Account.kind != AccountKind.DISTRIBUTOR, access.IS_NOT_MERGED)
    db.session.execute(
        update(Account).where(*heads_a_branch).values(branch_id=Account.id).execution_options(synchronize_session=False)
    )
    return made.rowcount


def _or(column: ColumnElement, value: Enum) -> ColumnElement:
    return func.coalesce(column, literal(value, column.type))


def _refuse_if(rows: Select) -> None:
    if db.session.scalar(rows.limit(1)) is not None:
        raise Moved()


def _check(made: int, wanted: Select) -> None:
    if made != db.session.scalar(wanted):
        raise Moved()


def _why(file: Import, rows):
    """For the audit log: the file and the line."""
    prefix = literal(f"Imported from {file.file_name}, line ", String)
    return (prefix + rows.line.cast(String)).label("why")
