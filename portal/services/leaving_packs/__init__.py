"""Leaving packs: a ZIP of all that an account and the accounts below it take with them when they leave, with codes.

A worker makes it (making.py). Its bytes are kept in the database, which all machines share, and deleted after KEPT.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from portal.core import access, audit, clock, errors
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, read_committed, transaction
from portal.extensions import db
from portal.models import (
    Account,
    Asset,
    AuditEntry,
    Coupon,
    JobKind,
    LeavingPack,
    LeavingPackPart,
    LeavingPackState,
    Right,
    User,
)
from portal.services import jobs, limits
from portal.services.leaving_packs.sheets import has_shown_code

KEPT = timedelta(days=7)
LONGEST_REASON = 500
SHOWN = 50
_PARTS_AT_ONCE = 50
REVEAL, FIELD = "reveal", "pack"
"""In the audit log of each asset whose code is in it."""
ORDERED, SENT, DELETED = "leaving pack", "leaving pack sent", "leaving pack deleted"
"""In the audit log of the account."""


def number(pack: LeavingPack) -> str:
    return f"LP-{pack.id}"


def order(account: Account, *, key: str, reason: str, by: User) -> LeavingPack:
    """Counts its codes in the daily limits. The same key orders once. Raises NotVisible for the distributor itself, and
    BudgetSpent."""
    check_account(account)
    if (earlier := _with_key(key, account)) is not None:
        return earlier
    codes = _count(_assets(account).join(Coupon, has_shown_code()))
    limits.check(limits.EXPORTED, by=by, cost=codes)
    try:
        return _save(account, key, reason, by)
    except IntegrityError:  # the same form, pressed twice
        limits.give_back(limits.EXPORTED, by=by, cost=codes)
        if (earlier := _with_key(key, account)) is None:
            raise
        return earlier


def check_account(account: Account) -> None:
    """Raises NotVisible."""
    if account.is_distributor:
        raise errors.NotVisible()


def _save(account: Account, key: str, reason: str, by: User) -> LeavingPack:
    total = _count(_assets(account))
    with transaction():
        now = clock.now()
        pack = LeavingPack(
            key=key, account_id=account.id, state=LeavingPackState.MAKING, reason=reason, ordered_by_id=by.id,
            ordered_at=now, assets_total=total,
        )  # fmt: skip
        db.session.add(pack)
        db.session.flush()
        jobs.add(JobKind.PACK, pack.id, now)
        audit.record("account", account.id, ORDERED, by=by, after=number(pack), why=reason)
        return pack


def _assets(account: Account) -> Select[tuple[int]]:
    return select(Asset.id).where(access.in_tree_of(account, Asset.branch_id, Asset.account_id))


def _count(rows: Select) -> int:
    return db.session.scalar(select(func.count()).select_from(rows.subquery()))


def _with_key(key: str, account: Account) -> LeavingPack | None:
    return db.session.scalar(select(LeavingPack).where(LeavingPack.key == key, LeavingPack.account_id == account.id))


def of_account(account: Account) -> list[LeavingPack]:
    """The newest ones."""
    rows = _whole().where(LeavingPack.account_id == account.id).order_by(LeavingPack.id.desc()).limit(SHOWN)
    return list(db.session.scalars(rows))


def one(pack_id: int) -> LeavingPack:
    """Raises NotVisible."""
    return access.the_one(_whole().where(LeavingPack.id == pack_id))


def _whole() -> Select[tuple[LeavingPack]]:
    whole = joinedload(LeavingPack.account), joinedload(LeavingPack.ordered_by)
    return select(LeavingPack).options(*whole).execution_options(populate_existing=True)


def may_take(pack: LeavingPack, person: User) -> bool:
    """Whoever ordered it, and admins."""
    return person.may(Right.REVEAL_CODES) and (person.id == pack.ordered_by_id or person.may(Right.CONFIGURE))


def send(pack: LeavingPack, *, by: User) -> Iterator[bytes]:
    """Records the download before the first byte. Raises NotAllowed, and Conflict, also if it holds codes of an account
    that has left the tree meanwhile: they are for nobody else any more."""
    _check_may_take(pack, by)
    with transaction():
        row = lock(LeavingPack, pack.id)
        if not row.is_ready or row.expires_at <= clock.now():
            raise errors.Conflict(_("This pack is not there any more. Order a new one."))
        if _holds_codes_of_others(row):
            raise errors.Conflict(_("An account left since it was made. Its codes are in it: order a new one."))
        audit.record("account", row.account_id, SENT, by=by, after=number(row))
    return _content(row.id, row.size)


def _holds_codes_of_others(pack: LeavingPack) -> bool:
    """Each code in it is recorded as a reveal."""
    account = db.session.get(Account, pack.account_id, populate_existing=True)
    theirs = access.in_tree_of(account, Asset.branch_id, Asset.account_id)
    is_in_it = (AuditEntry.act == REVEAL, AuditEntry.field == FIELD, AuditEntry.after == number(pack))
    rows = select(Asset.id).join(AuditEntry, (AuditEntry.subject == "asset") & (AuditEntry.subject_id == Asset.id))
    rows = rows.where(AuditEntry.actor_id == pack.ordered_by_id, AuditEntry.at >= pack.ordered_at, *is_in_it, ~theirs)
    return db.session.scalar(rows.limit(1)) is not None


def _content(pack_id: int, size: int) -> Iterator[bytes]:
    """One part in memory at a time. Breaks off if the pack is deleted meanwhile."""
    place, sent = -1, 0
    while sent < size:
        parts = select(LeavingPackPart.number, LeavingPackPart.content)
        parts = parts.where(LeavingPackPart.pack_id == pack_id, LeavingPackPart.number > place)
        part = read_committed(parts.order_by(LeavingPackPart.number).limit(1))
        if part is None:
            raise RuntimeError(f"leaving pack {pack_id} ends after {sent} of {size} bytes")
        place, sent = part.number, sent + len(part.content)
        yield part.content


def discard(pack: LeavingPack, *, by: User) -> bool:
    """Also while it is being made. Returns False if it was deleted before. Raises NotAllowed."""
    _check_may_take(pack, by)
    return _delete(pack.id, by)


def _check_may_take(pack: LeavingPack, by: User) -> None:
    if not may_take(pack, by):
        raise errors.NotAllowed(_("Only the person who ordered it and administrators may do this."))


def delete_expired(now: datetime) -> None:
    old = select(LeavingPack.id).where(LeavingPack.state == LeavingPackState.READY, LeavingPack.expires_at <= now)
    for pack_id in db.session.scalars(old).all():
        _delete(pack_id, audit.WORKER)
    left = select(LeavingPack.id).where(
        LeavingPack.state == LeavingPackState.DELETED, LeavingPack.id.in_(select(LeavingPackPart.pack_id))
    )
    for pack_id in db.session.scalars(left).all():
        drop_parts(pack_id)


def _delete(pack_id: int, by: audit.Actor) -> bool:
    with transaction():
        row = lock(LeavingPack, pack_id)
        if row.state is LeavingPackState.DELETED:
            return False
        row.state, row.deleted_at, row.run = LeavingPackState.DELETED, clock.now(), row.run + 1  # stops its worker
        audit.record("account", row.account_id, DELETED, by=by, after=number(row))
    drop_parts(pack_id)
    return True


def drop_parts(pack_id: int) -> None:
    """In pieces, so that others can write in between."""
    parts = select(LeavingPackPart.number).where(LeavingPackPart.pack_id == pack_id)
    while numbers := db.session.scalars(parts.limit(_PARTS_AT_ONCE)).all():
        with transaction():
            is_gone = (LeavingPackPart.pack_id == pack_id, LeavingPackPart.number.in_(numbers))
            db.session.execute(
                delete(LeavingPackPart).where(*is_gone), execution_options={"synchronize_session": False}
            )
