"""What people do with an asset. Only `check_code`, `fitting_code` and `attach` ask BitTitan; nothing here buys."""

from collections.abc import Callable

from sqlalchemy.exc import IntegrityError

from portal.core import access, audit, clock, errors, field_rules, spelling
from portal.core.audit import Actor
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Asset, AttemptState, SyncStatus, Trigger, User
from portal.models.asset_rules import DAYS
from portal.services import credit, limits, provisioning, transitions
from portal.services.coupons import attachments, evidence, revocations
from portal.services.coupons.attachments import CodeCheck
from portal.services.pasted_codes import code_in
from portal.services.provisioning.attestation import attempt_in_review, check_quarantine, continue_lookups

LONGEST_NAME = 120
LONGEST_NOTE = 4000
AlsoWrite = Callable[[], None]


def nothing() -> None:
    """Nothing else is written."""


def save(
    asset: Asset, *, version: int, by: Actor, name: str, note: str, expire_days: int, validity_days: int,
    not_bought: bool = False, credits_seen: int = 0,
) -> bool:  # fmt: skip
    """Synchronizes a failed asset again, and stages the typed values until a coupon comes (returns True). Any other
    asset is only renamed and annotated (returns False). Raises StaleVersion, AttemptOpen or Conflict; InvalidInput if
    an imported asset's first attempt lacks the confirmation that it was not bought before. Then nothing was written.
    `credits_seen`: see services/credited_assets.py."""
    if asset.asks_if_bought and not not_bought:
        raise errors.InvalidInput("not_bought", _("Look first, then tick this. Nothing was sent."))
    typed = {"name": _name(asset, name), "note": note, "expire_days": expire_days, "validity_days": validity_days}
    try:
        with transaction("reserve"):
            row = lock(Asset, asset.id)
            check_may_edit(row, version)
            if row.may_sync:
                staged = {
                    name: value
                    for name, value in typed.items()
                    if not spelling.is_same(name, getattr(row, name), value)
                }
                told = {"not_bought": not_bought, "credits_seen": credits_seen}
                provisioning.open_attempt(row, by=by, trigger=Trigger.SAVE, staged=staged, **told)
                return True
            changes = {field: value for field, value in typed.items() if field not in DAYS}
            _change(row, changes, by=by)
            return False
    except IntegrityError as clash:
        raise errors.AttemptOpen(_("An attempt has just started; nothing was saved.")) from clash


def rename(asset: Asset, *, version: int, by: User, name: str, also_write: AlsoWrite = nothing) -> None:
    """Raises InvalidInput, StaleVersion, AttemptOpen or Conflict; NotVisible if the account has moved meanwhile.
    `also_write` runs in the same transaction."""
    name = _name(asset, name)
    with transaction():
        row = lock(Asset, asset.id)
        if not access.sees_asset(by, row):
            raise errors.NotVisible()
        check_may_edit(row, version)
        _change(row, {"name": name}, by=by)
        also_write()


def annotate(asset: Asset, *, version: int, by: User, note: str, also_write: AlsoWrite = nothing) -> None:
    """Changes the note alone, whatever the status: BitTitan is not called. Raises StaleVersion, AttemptOpen or
    Conflict."""
    with transaction():
        row = lock(Asset, asset.id)
        check_may_edit(row, version)
        _change(row, {"note": note}, by=by)
        also_write()


def reveal(asset: Asset, *, by: User) -> str:
    """The full code. Records the reveal before it returns the code. Raises Conflict if there is no code or another
    asset claims it; BudgetSpent; NotVisible if the account has moved meanwhile."""
    _shown_code(asset)
    limits.check(limits.REVEALED, by=by)
    try:
        with transaction():
            code = _shown_code(access.visible_asset(by, asset.id))
            audit.record("asset", asset.id, "reveal", by=by)
    except errors.DomainError:
        limits.give_back(limits.REVEALED, by=by)
        raise
    return code


def _shown_code(asset: Asset) -> str:
    if asset.coupon is None:
        raise errors.Conflict(_("There is no coupon code yet."))
    if asset.coupon.disputed_at is not None:
        raise errors.Conflict(_("The portal is asking BitTitan whose code this is. It is shown after that."))
    return asset.coupon.code


def attest(asset: Asset, *, version: int, by: User, reason: str) -> int:
    """A person vouches that BitTitan issued nothing, or nothing that was ordered. Coupons found all the same go to the
    surplus register; returns how many there were. Raises StaleVersion or Conflict."""
    with transaction("attest"):
        row, now = lock(Asset, asset.id), clock.now()
        check_version(row, version)
        attempt = attempt_in_review(row)
        if attempt is not None:
            check_quarantine(attempt, now)
            transitions.close_attempt(attempt, AttemptState.NOT_EXECUTED, now=now, cause=attempt.cause)
            attempt.settled_by_id, attempt.reason = by.id, reason
            continue_lookups(attempt, now)
        transitions.set_status(row, SyncStatus.FAILED, by=by, act="attest", why=reason)
        return evidence.move_to_surplus(row, by=by, now=now)


def cancel(asset: Asset, *, version: int, by: User, reason: str, also_write: AlsoWrite = nothing) -> None:
    """Cancels at once if the asset has no code. Otherwise BitTitan revokes the coupon first, and the asset stays as it
    is until BitTitan says yes (services/coupons/revocations.py). Raises StaleVersion, AttemptOpen or Conflict."""
    with transaction("cancel"):
        credit.lock_payer(asset.id)
        row = lock(Asset, asset.id)
        if row.is_locked:
            raise errors.AttemptOpen(_("An attempt is open: it is not known yet whether there is a coupon to revoke."))
        check_may_edit(row, version)
        if row.sync_status is SyncStatus.SYNCHRONIZED:
            revocations.request_for_cancellation(row, by=by, reason=reason)
        else:
            transitions.cancel(row, by=by, reason=reason)
        also_write()


def check_code(asset: Asset, code: str, *, by: User) -> CodeCheck:
    """Asks BitTitan what the code holds, and compares. Raises InvalidInput if it cannot be a code for this asset."""
    return attachments.check(asset, entered_code(code, by=by))


def attach(asset: Asset, *, version: int, by: User, code: str, reason: str, unverified: bool = False) -> None:
    """Records a code that BitTitan issued and the portal does not know. The asset's own code again changes nothing.

    Raises InvalidInput, StaleVersion, AttemptOpen or Conflict.
    """
    code = entered_code(code, by=by)
    if asset.coupon is not None and asset.coupon.code == code:
        return
    checked = fitting_code(asset, code, unverified=unverified)
    with attachments.refusing_duplicates():
        attachments.record(asset, checked.code, checked.coupon, version=version, by=by, reason=reason)


def fitting_code(asset: Asset, code: str, *, unverified: bool) -> CodeCheck:
    """What BitTitan says about the code now. Raises InvalidInput if it is for something else, or needs a confirmation
    that is missing."""
    checked = attachments.check(asset, code)
    if checked.verdict == "mismatch":
        raise errors.InvalidInput("code", " ".join(checked.sentences))
    if checked.verdict == "spent" and not unverified:
        raise errors.InvalidInput("code", _("It can no longer be redeemed. Tick the box to attach it for the record."))
    if checked.verdict == "unverifiable" and not unverified:
        raise errors.InvalidInput("code", _("BitTitan cannot verify this code. Tick the box to attach it anyway."))
    return checked


def entered_code(text: str, *, by: User) -> str:
    """The one code in what a person typed or pasted. Raises InvalidInput."""
    return clean_code(code_in(text, viewer=by))


def clean_code(code: str) -> str:
    """The trimmed code. Raises InvalidInput."""
    return field_rules.coupon_code(code)


def _name(asset: Asset, typed: str) -> str:
    """Judged only if it is new: what stands there already can be saved again. Raises InvalidInput."""
    return typed if typed == asset.name else field_rules.name(typed, "name", LONGEST_NAME)


def check_version(asset: Asset, version: int) -> None:
    if asset.version != version:
        raise errors.StaleVersion(_("Somebody changed this asset while you were typing. Your changes were not saved."))


def check_may_edit(asset: Asset, version: int) -> None:
    if asset.is_locked:
        raise errors.AttemptOpen(_("An attempt is open; nothing can be changed until it has ended."))
    if not asset.is_active:
        raise errors.Conflict(_("The asset is cancelled and cannot be changed."))
    check_version(asset, version)


def _change(row: Asset, values: dict, *, by: Actor) -> None:
    if audit.changes("asset", row, values, act="save", by=by):
        row.version += 1
    db.session.flush()
