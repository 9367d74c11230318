"""reserve: the first of the three transactions of a purchase. It commits the intent; nothing is sent yet."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from portal.core import clock, errors
from portal.core.audit import Actor
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Account, Asset, Attempt, AttemptState, JobKind, SyncStatus, Trigger
from portal.services import jobs, transitions
from portal.services.provisioning import import_confirmation, payload


def new_reference() -> str:
    return f"mrd-{secrets.token_hex(16)}"


def request(
    asset: Asset, *, version: int, by: Actor, trigger: Trigger = Trigger.PRESS, staged: dict | None = None,
    not_bought: bool = False, also_write: Callable[[Attempt], None] = lambda attempt: None,
) -> None:  # fmt: skip
    """Opens an attempt for a failed asset and calls `also_write` in the same transaction. Otherwise writes nothing and
    raises StaleVersion, AttemptOpen or Conflict."""
    try:
        with transaction("reserve"):
            row = lock(Asset, asset.id)
            check_may_sync(row, version)
            also_write(open_attempt(row, by=by, trigger=trigger, staged=staged or {}, not_bought=not_bought))
    except IntegrityError as clash:
        raise errors.AttemptOpen(_("An attempt has just started; nothing was sent twice.")) from clash


def check_may_sync(asset: Asset, version: int) -> None:
    if asset.is_locked:
        raise errors.AttemptOpen(_("It is being synchronized already; nothing was sent twice."))
    if not asset.is_active:
        raise errors.Conflict(_("The asset is cancelled; nothing is bought for it."))
    if asset.sync_status is SyncStatus.SYNCHRONIZED:
        raise errors.Conflict(_("The asset has its coupon code; nothing is bought again."))
    if asset.version != version:
        raise errors.StaleVersion(_("Somebody changed this asset while you looked at it. Nothing was bought."))


def open_attempt(asset: Asset, *, by: Actor, trigger: Trigger, staged: dict, not_bought: bool = False) -> Attempt:
    """Inside a transaction that holds the asset. Creates the attempt with its fixed payload, and its job. Raises
    Conflict, or BoughtBefore if an imported asset's first attempt lacks the required confirmation."""
    if asset.asks_if_bought:
        import_confirmation.confirm_not_bought(asset, not_bought, by=by)
    attempt = _attempt(asset, payload.build_payload(asset, staged), staged, trigger, by, clock.now())
    _open([(asset, attempt)], by)
    return attempt


def open_first_attempts(
    assets: Sequence[Asset], *, payer: Account, sku_ids: Mapping[int, str], by: Actor
) -> None:  # fmt: skip
    """Inside a transaction that has just created these assets, of one payer. `sku_ids`: by product."""
    now = clock.now()
    opened = []
    for asset in assets:
        request = payload.request_for(asset, {}, sku_ids[asset.product_id], payer.organization_id)
        opened.append((asset, _attempt(asset, request, {}, Trigger.ORDER, by, now)))
    _open(opened, by)


def _attempt(asset: Asset, request: str, staged: dict, trigger: Trigger, by: Actor, now: datetime) -> Attempt:
    return Attempt(
        asset_id=asset.id,
        number=asset.attempts_made + 1,
        state=AttemptState.RESERVED,
        trigger=trigger,
        requested_by_id=getattr(by, "id", None),
        requested_at=now,
        payload=request,
        staged=staged,
        next_at=now,
    )


def _open(opened: Sequence[tuple[Asset, Attempt]], by: Actor) -> None:
    for asset, attempt in opened:
        db.session.add(attempt)
        transitions.set_status(asset, SyncStatus.SYNCHRONIZING, by=by, attempts_made=attempt.number, asked_at=None)
    db.session.flush()  # assigns the ids, and proves that no other attempt of these assets is open
    for _asset, attempt in opened:
        jobs.add(JobKind.ADVANCE, attempt.id, attempt.requested_at)
