"""reserve: the first of the three transactions of a purchase. It commits the intent; nothing is sent yet."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, literal, null, select
from sqlalchemy.exc import IntegrityError

from portal.core import audit, clock, errors
from portal.core.audit import Actor
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Asset, Attempt, AttemptState, JobKind, Order, SyncStatus, Trigger
from portal.services import credited_assets, jobs, transitions
from portal.services.provisioning import import_confirmation, payload

PREFIX = "mrd-"
"""All our references begin with this."""


def new_reference() -> str:
    return f"{PREFIX}{secrets.token_hex(16)}"


def request(
    asset: Asset, *, version: int, by: Actor, trigger: Trigger = Trigger.PRESS, staged: dict | None = None,
    not_bought: bool = False, credits_seen: int = 0,
    also_write: Callable[[Attempt], None] = lambda attempt: None,
) -> None:  # fmt: skip
    """Opens an attempt for a failed asset and calls `also_write` in the same transaction. Otherwise writes nothing and
    raises StaleVersion, AttemptOpen or Conflict. `credits_seen`: see services/credited_assets.py."""
    try:
        with transaction("reserve"):
            row = lock(Asset, asset.id)
            check_may_sync(row, version)
            told = {"not_bought": not_bought, "credits_seen": credits_seen}
            also_write(open_attempt(row, by=by, trigger=trigger, staged=staged or {}, **told))
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


def open_attempt(
    asset: Asset, *, by: Actor, trigger: Trigger, staged: dict, not_bought: bool = False, credits_seen: int = 0
) -> Attempt:
    """Inside a transaction that holds the asset. Creates the attempt with its fixed payload, and its job. Raises
    Conflict; BoughtBefore if an imported asset's first attempt lacks the required confirmation; Credited."""
    if asset.asks_if_bought:
        import_confirmation.confirm_not_bought(asset, not_bought, by=by)
    credited_assets.check_seen(asset, credits_seen)
    now, number = clock.now(), asset.attempts_made + 1
    attempt = _attempt(asset, number, payload.build_payload(asset, staged), staged, trigger, by, now)
    db.session.add(attempt)
    transitions.set_status(asset, SyncStatus.SYNCHRONIZING, by=by, attempts_made=number)
    db.session.flush()  # assigns the id, and proves that no other attempt of the asset is open
    jobs.add(JobKind.ADVANCE, attempt.id, now)
    return attempt


def create(
    assets: Sequence[Asset], order: Order, *, sku_ids: Mapping[int, str], by: Actor, at: datetime
) -> dict[str, int]:  # fmt: skip
    """Inside a transaction. Stores an order's new assets, each with its first attempt, and returns their ids by
    reference. `sku_ids`: by product.

    An order may have hundreds of lines, so that each table is written by one statement.
    """
    payer, is_one = order.billed_account, Asset.order_id == order.id
    for asset in assets:
        asset.sync_status, asset.attempts_made = SyncStatus.SYNCHRONIZING, 1
    db.session.execute(insert(Asset.__table__), [_values(asset) for asset in assets])
    ids = dict(db.session.execute(select(Asset.reference, Asset.id).where(is_one)).all())
    attempts = []
    for asset in assets:
        request = payload.request_for(asset, {}, sku_ids[asset.product_id], payer.organization_id)
        attempt = _attempt(asset, 1, request, {}, Trigger.ORDER, by, at)
        attempts.append(_values(attempt) | {"asset_id": ids[asset.reference]})
    db.session.execute(insert(Attempt.__table__), attempts)
    opened = select(Attempt.id).join(Asset, Asset.id == Attempt.asset_id).where(is_one)
    jobs.add_each(JobKind.ADVANCE, opened, at)
    created = select(Asset.id.label("subject_id"), literal(order.number).label("after"), null().label("why"))
    audit.record_each(created.where(is_one), "asset", "order", by=by, at=at)
    before, after = (
        literal(status.value).label(name)
        for name, status in (("before", SyncStatus.FAILED), ("after", SyncStatus.SYNCHRONIZING))
    )
    begun = select(Asset.id.label("subject_id"), before, after, null().label("why")).where(is_one)
    audit.record_each(begun, "asset", "sync", by=by, at=at, field="sync_status")
    return ids


def _values(row: Asset | Attempt) -> dict[str, object]:
    """What has been set; the rest are the columns' defaults."""
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


def _attempt(
    asset: Asset, number: int, request: str, staged: dict, trigger: Trigger, by: Actor, now: datetime
) -> Attempt:
    person = audit.person_of(by)
    return Attempt(
        asset_id=asset.id,
        number=number,
        state=AttemptState.RESERVED,
        trigger=trigger,
        requested_by_id=person and person.id,
        requested_at=now,
        payload=request,
        staged=staged,
        next_at=now,
    )
