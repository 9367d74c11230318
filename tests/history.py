"""What lies behind an asset's sync status: its attempts with their exchanges, the open work, the coupon."""

import json
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import select

from portal.extensions import db
from portal.models import (
    Account,
    Asset,
    Attempt,
    AttemptState,
    Coupon,
    CouponStanding,
    Exchange,
    ExchangeKind,
    Job,
    JobKind,
    SyncStatus,
    Trigger,
    User,
)

_STATES = {
    SyncStatus.SYNCHRONIZING: AttemptState.RESERVED,
    SyncStatus.UNCONFIRMED: AttemptState.UNKNOWN,
    SyncStatus.REVIEW: AttemptState.REVIEW,
    SyncStatus.SYNCHRONIZED: AttemptState.SUCCEEDED,
    SyncStatus.FAILED: AttemptState.REFUSED,
}
_REFUSAL = {"cause": "CreditLimitExceeded", "message": "The credit limit of this organisation is exceeded."}


def write(asset: Asset, *, sku_id: str, payer: Account, by: User, code: str | None, last: dict) -> None:
    payload = _payload(asset, sku_id, payer)
    for number in range(1, asset.attempts_made + 1):
        is_last = number == asset.attempts_made
        state = _STATES[asset.sync_status] if is_last else AttemptState.REFUSED
        _attempt(asset, number, state, payload, by, last if is_last else {})
    if asset.sync_status is SyncStatus.SYNCHRONIZED:
        _coupon(asset, sku_id, payer, code)


def _payload(asset: Asset, sku_id: str, payer: Account) -> str:
    return json.dumps(
        {
            "ProductSkuId": sku_id,
            "Quantity": asset.quantity,
            "ExpireDays": asset.expire_days,
            "ValidityDays": asset.validity_days,
            "OrganizationId": payer.organization_id,
            "ExternalReference": asset.reference,
            "Label": asset.reference,
        }
    )


def _attempt(asset: Asset, number: int, state: AttemptState, payload: str, by: User, columns: dict) -> None:
    at = datetime.now(UTC) - timedelta(minutes=30 * (asset.attempts_made - number + 1))
    values = {"asset_id": asset.id, "number": number, "state": state, "payload": payload, "staged": {}}
    values |= {"trigger": Trigger.ORDER if number == 1 else Trigger.PRESS, "requested_by_id": by.id, "requested_at": at}
    attempt = Attempt(**(values | _so_far(state, at) | columns))
    db.session.add(attempt)
    db.session.flush()
    if attempt.send_number:
        db.session.add(_exchange(attempt))
    if state in (AttemptState.RESERVED, AttemptState.UNKNOWN):
        db.session.add(Job(kind=JobKind.ADVANCE, subject_id=attempt.id, due_at=attempt.next_at))
    db.session.flush()


def _so_far(state: AttemptState, at: datetime) -> dict:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    if state is AttemptState.RESERVED:
        return {"next_at": datetime.now(UTC)}
    sent = {"send_number": 1, "first_sent_at": at, "last_sent_at": at}
    if state is AttemptState.UNKNOWN:
        return sent | {"is_tainted": True, "sends_no_more": True, "lookup_step": 2, "next_at": soon, "cause": "Timeout"}
    if state is AttemptState.REVIEW:
        return sent | {"is_tainted": True, "sends_no_more": True, "lookup_step": 13, "cause": "NeverFound"}
    settled = sent | {"settled_at": at + timedelta(seconds=1)}
    return settled | _REFUSAL if state is AttemptState.REFUSED else settled


def _exchange(attempt: Attempt) -> Exchange:
    outcome, status = {
        AttemptState.SUCCEEDED: ("issued", 201),
        AttemptState.REFUSED: ("refused", 409),
    }.get(attempt.state, ("unknown", None))
    return Exchange(
        attempt_id=attempt.id,
        kind=ExchangeKind.SEND,
        send_number=1,
        at=attempt.first_sent_at,
        milliseconds=180,
        outcome=outcome,
        cause=attempt.cause,
        status=status,
        request=attempt.payload,
        response="" if status is None else json.dumps({"Status": status}),
    )


def _coupon(asset: Asset, sku_id: str, payer: Account, code: str | None) -> None:
    asset.issued_at = datetime.combine(asset.purchased_on, datetime.min.time(), UTC) + timedelta(hours=9)
    key = uuid5(NAMESPACE_OID, asset.reference)
    coupon = Coupon(
        code=code or f"TEST-{key.hex[:16].upper()}",
        bittitan_id=str(key),
        asset_id=asset.id,
        standing=CouponStanding.RECORDED,
        reference=asset.reference,
        sku_id=sku_id,
        organization_id=payer.organization_id,
        quantity=asset.quantity,
        validity_days=asset.validity_days,
        issued_at=asset.issued_at,
        expires_at=asset.issued_at + timedelta(days=asset.expire_days),
        status="Active",
        read_at=datetime.now(UTC),
        confirmed_at=asset.issued_at,
        recorded_at=asset.issued_at,
    )
    db.session.add(coupon)
    db.session.flush()


def surplus(asset: Asset, number: int, **columns) -> Coupon:
    asked = json.loads(db.session.scalar(select(Attempt.payload).where(Attempt.asset_id == asset.id).limit(1)))
    key, now = uuid5(NAMESPACE_OID, f"{asset.reference} {number}"), datetime.now(UTC)
    values = {
        "code": f"TEST-{key.hex[:16].upper()}", "bittitan_id": str(key), "asset_id": asset.id,
        "quantity": asset.quantity, "standing": CouponStanding.SURPLUS, "why": "beyond the one recorded",
        "reference": asset.reference,
        "sku_id": asked["ProductSkuId"], "organization_id": asked["OrganizationId"], "validity_days": 365,
        "issued_at": now, "expires_at": now + timedelta(days=365), "status": "Active", "read_at": now,
        "recorded_at": now, "confirmed_at": now, "attempt_number": asset.attempts_made,
    }  # fmt: skip
    return Coupon(**(values | columns))
