"""The history of one asset in the order of time: attempts, exchanges, coupons, changes.

Rows are dictionaries of their columns; database_writer.py adds the ids.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from portal.core import clock
from portal.core.audit import WORKER
from portal.demo.story import exchange_texts
from portal.demo.story.purchase import Purchase
from portal.models import (
    AttemptState,
    Channel,
    CouponStanding,
    ExchangeKind,
    Lifecycle,
    OrderState,
    SyncStatus,
    Trigger,
    User,
)
from portal.models.text_keys import search_key

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_NEW_ATTEMPT = {
    "send_number": 0, "tries": 0, "lease_until": None, "first_sent_at": None, "last_sent_at": None, "is_tainted": False,
    "sends_no_more": False, "looked_first_at": None, "lookup_step": 0, "absent_at": None, "next_at": None,
    "cause": None, "message": None, "settled_at": None, "settled_by_id": None, "reason": None, "staged": {},
}  # fmt: skip


class Story:
    def __init__(self, purchase: Purchase, rng: Random, now: datetime, staff: list[User]):
        self.purchase, self.rng, self.now, self.staff = purchase, rng, now, staff
        self.at = purchase.placed_at
        self.order = self._order()
        self.asset = self._asset()
        self.attempts: list[dict[str, Any]] = []
        self.exchanges: list[list[dict[str, Any]]] = []
        """A list for each attempt."""
        self.coupons: list[dict[str, Any]] = []
        self.vendor_coupons: list[dict[str, Any]] = []
        self.audits: list[dict[str, Any]] = []
        self.alerts: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.is_due = False
        """The last attempt has a job that is due at its `next_at`."""
        self.audit("order", by=purchase.placed_by)

    @property
    def attempt(self) -> dict[str, Any]:
        return self.attempts[-1]

    def wait(self, **span: float) -> None:
        self.at += timedelta(**span)

    def colleague(self) -> User:
        """One of the distributor's staff."""
        return self.rng.choice(self.staff)

    # actions of people

    def open_attempt(self, trigger: Trigger, by: User, staged: dict[str, Any] | None = None) -> None:
        number = len(self.attempts) + 1
        bought = self.purchase
        payload = exchange_texts.order(bought.offer.sku_id, bought.payer.organization_id, self.asset | (staged or {}))
        self.attempts.append(
            _NEW_ATTEMPT
            | {"number": number, "state": AttemptState.RESERVED, "trigger": trigger, "requested_by_id": by.id}
            | {"requested_at": self.at, "payload": payload, "staged": staged or {}, "next_at": self.at}
        )
        self.exchanges.append([])
        self._began_by = by
        self.asset["attempts_made"] = number
        self.change_status(SyncStatus.SYNCHRONIZING, by)

    def change_status(self, status: SyncStatus, by: User | str = WORKER, why: str | None = None) -> None:
        before = self.asset["sync_status"]
        if before is status:
            return
        self.asset["sync_status"] = status
        self.asset["version"] += 1
        if before is not None:
            self.audit("sync", by=by, field="sync_status", before=before.value, after=status.value, why=why)

    def change(self, field: str, value: Any, by: User) -> None:
        if self.asset[field] != value:
            self.audit("save", by=by, field=field, before=self.asset[field], after=value)
            self.asset[field] = value
            self.asset["version"] += 1

    def cancel(self, by: User, why: str) -> None:
        self.asset["lifecycle"] = Lifecycle.CANCELLED
        self.asset["version"] += 1
        self.audit("cancel", by=by, field="lifecycle", before="active", after="cancelled", why=why)

    def audit(self, act: str, *, by: User | str, field=None, before=None, after=None, why=None) -> None:
        """What the worker did, it did for whoever began the attempt."""
        person, via = (by, None) if isinstance(by, User) else (self._began_by, by)
        entry = {"at": self.at, "actor_id": person.id, "actor": person.name, "via": via, "act": act}
        texts = {"before": None if before is None else str(before), "after": None if after is None else str(after)}
        self.audits.append(entry | {"subject": "asset", "field": field, "why": why} | texts)

    def alert(self, kind: str, text: str) -> None:
        self.alerts.append({"kind": kind, "text": text, "raised_at": self.at, "seen_at": None, "seen_by_id": None})

    # exchanges with BitTitan

    def start_sending(self) -> None:
        """Marks the attempt as being sent."""
        self.wait(milliseconds=self.rng.randint(60, 900))
        first = self.attempt["first_sent_at"] or self.at
        number = self.attempt["send_number"] + 1
        self.attempt.update(state=AttemptState.SENDING, send_number=number, first_sent_at=first, last_sent_at=self.at)

    def exchange(self, kind: ExchangeKind, outcome: str, response: str, *, cause=None, status=None, lasted=None):
        lasted = lasted or self.rng.randint(180, 1400)
        request_id = self.new_uuid()
        is_search = kind is ExchangeKind.LOOKUP
        search = exchange_texts.search(self.asset["reference"], request_id)
        self.exchanges[-1].append(
            {
                "kind": kind,
                "send_number": None if is_search else self.attempt["send_number"],
                "at": self.at,
                "milliseconds": lasted,
                "outcome": outcome,
                "cause": cause,
                "status": status,
                "response": response,
                "request": search if is_search else exchange_texts.purchase(self.attempt["payload"], request_id),
            }  # fmt: skip
        )
        self.wait(milliseconds=lasted)

    def settle(self, state: AttemptState, status: SyncStatus, *, cause=None, message=None, by=None, why=None) -> None:
        """`by` is the person who settled it by hand."""
        ends = state not in (AttemptState.UNKNOWN, AttemptState.REVIEW)
        self.attempt.update(state=state, cause=cause, message=message, lease_until=None, next_at=None, reason=why)
        self.attempt.update(settled_at=self.at if ends else None, settled_by_id=by.id if by else None)
        self.change_status(status, by or WORKER, why)

    # coupons

    def issue_coupon(self, created: datetime | None = None, **differs: Any) -> dict[str, Any]:
        """Adds a coupon at BitTitan that the portal does not know yet."""
        created = created or self.at
        coupon = {
            "Id": self.new_uuid(),
            "Code": self._code(),
            "ExternalReference": self.asset["reference"],
            "Label": self.asset["reference"],
            "ProductSkuId": self.purchase.offer.sku_id,
            "OrganizationId": self.purchase.payer.organization_id,
            "Quantity": self.asset["quantity"],
            "Status": "Active",
            "Created": exchange_texts.instant(created),
            "ExpireDate": exchange_texts.instant(created + timedelta(days=self.asset["expire_days"])),
            "ValidityDays": self.asset["validity_days"],
            "RedeemedDate": None,
        } | differs
        self.vendor_coupons.append(coupon)
        return coupon

    def save_coupon(self, coupon: dict[str, Any], standing: CouponStanding, why: str | None = None) -> None:
        created, expires = (datetime.fromisoformat(coupon[name]) for name in ("Created", "ExpireDate"))
        self.coupons.append(
            {
                "code": coupon["Code"],
                "bittitan_id": coupon["Id"],
                "standing": standing,
                "why": why,
                "reference": coupon["ExternalReference"],
                "sku_id": coupon["ProductSkuId"],
                "organization_id": coupon["OrganizationId"],
                "quantity": coupon["Quantity"],
                "validity_days": coupon["ValidityDays"],
                "issued_at": created,
                "expires_at": expires,
                "status": coupon["Status"],
                "redeemed_at": None,
                "redeemed_on": None,
                "read_at": self.at,
                "is_verified": True,
                "recorded_at": self.at,
            }  # fmt: skip
        )
        if standing is CouponStanding.RECORDED:
            self.asset |= {"issued_at": created, "redeem_by": clock.day_of(expires)}

    def record_coupon(self, coupon: dict[str, Any], *, by: User | str = WORKER, why: str | None = None) -> None:
        """Records the coupon together with the staged values."""
        self.save_coupon(coupon, CouponStanding.RECORDED, why)
        for field, value in self.attempt["staged"].items():
            if isinstance(by, str):
                self.audit("sync", by=by, field=field, before=self.asset[field], after=value)
            self.asset[field] = value
        act = "sync" if by == WORKER else "attach"
        self.audit(act, by=by, field="code", after=f"•••• {coupon['Code'][-4:]}", why=why)

    # numbers

    def new_uuid(self) -> str:
        return str(UUID(int=self.rng.getrandbits(128), version=4))

    def _code(self) -> str:
        bits = self.rng.getrandbits(60)
        letters = "".join(LETTERS[bits >> 5 * place & 31] for place in range(12))
        return f"DEMO-{letters[:4]}-{letters[4:8]}-{letters[8:]}"

    def _order(self) -> dict[str, Any]:
        bought = self.purchase
        channel = Channel.BSS if bought.placed_by in self.staff else Channel.STOREFRONT
        has_po_number = channel is Channel.STOREFRONT and self.rng.random() < 0.4
        po_number = f"{bought.placed_at.year}-{self.rng.randint(100, 999)}" if has_po_number else ""
        return {
            "key": self.new_uuid(), "account_id": bought.account.id, "branch_id": bought.account.branch_id,
            "billed_account_id": bought.payer.id, "channel": channel, "state": OrderState.EXECUTED,
            "placed_by_id": bought.placed_by.id, "placed_at": bought.placed_at, "lines_count": 1,
            "licences": bought.quantity, "currency": bought.payer.currency,
            "total": bought.unit_price * bought.quantity, "executed_by_id": bought.placed_by.id,
            "executed_at": bought.placed_at, "po_number": po_number, "po_key": search_key(po_number),
        }  # fmt: skip

    def _asset(self) -> dict[str, Any]:
        bought, day = self.purchase, clock.day_of(self.purchase.placed_at)
        return {
            "name": bought.offer.name, "account_id": bought.account.id, "branch_id": bought.account.branch_id,
            "billed_account_id": bought.payer.id, "product_id": bought.offer.product_id, "quantity": bought.quantity,
            "unit_price": bought.unit_price, "currency": bought.payer.currency, "purchased_on": day,
            "expire_days": bought.offer.expire_days, "validity_days": bought.offer.validity_days,
            "redeem_by": day + timedelta(days=bought.offer.expire_days), "issued_at": None, "sync_status": None,
            "lifecycle": Lifecycle.ACTIVE, "note": "", "reference": f"mrd-{self.rng.getrandbits(128):032x}",
            "attempts_made": 0, "asked_at": None, "created_at": bought.placed_at, "version": 0,
        }  # fmt: skip
