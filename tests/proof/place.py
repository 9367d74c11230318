"""A portal whose server is of one kind, people at it, and a judge: the sandbox's own journal."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask

from portal.models import (
    Asset,
    AuditEntry,
    BulkOperation,
    BulkState,
    Coupon,
    CouponStanding,
    Retry,
    Revocation,
    RevocationState,
    SyncStatus,
)
from tests.build import World
from tests.sandbox_process import SandboxProcess
from tests.services.shop import Shop
from tests.work import Work

LOOKS = (15, 61, 601, 61, 61, *[61] * 12)
"""Seconds from one look of the fresh worker to the next: after five, leases, the quarantine and both look-ups are over.
The others are for a machine so busy that a look-up is not answered in time."""
QUARANTINE = 601
A_DAY = 86400
UNSETTLED = (SyncStatus.SYNCHRONIZING, SyncStatus.UNCONFIRMED)


@dataclass
class Place:
    app: Flask
    world: World
    shop: Shop
    work: Work
    sandbox: SandboxProcess
    kind: str
    for_people: set[int] = field(default_factory=set)
    """Assets that wait for a review from the beginning."""

    @property
    def is_blind(self) -> bool:
        return self.kind == "blind"

    def heal(self, work: Callable[[], object] | None = None) -> None:
        """What a fresh worker does with what others left behind."""
        work = work or self.work.drain
        work()
        for seconds in LOOKS:
            is_settled = not self.shop.all(Asset, Asset.sync_status.in_(UNSETTLED))
            if is_settled and not self.shop.all(Coupon, Coupon.confirm_at.is_not(None)):
                return
            self.work.skip(seconds)
            work()

    def finish_retries(self) -> None:
        """Each step of a bulk retry that somebody began is taken, whoever held it before."""
        for seconds in (0, *LOOKS):
            self.work.skip(seconds)
            self.work.drain()
            self.heal()
            if not self.shop.all(Retry, Retry.state == BulkState.RUNNING):
                return

    def finish_bulk_operations(self) -> None:
        """The same for bulk operations, until BitTitan has answered about each coupon."""
        for seconds in (0, *LOOKS):
            self.work.skip(seconds)
            self.work.drain()
            is_running = self.shop.all(BulkOperation, BulkOperation.state == BulkState.RUNNING)
            if not is_running and not self.shop.all(Revocation, Revocation.state == RevocationState.ASKED):
                return

    def buy_what_is_missing(self) -> None:
        """A person looks at what is left: what waits for a review is found out, what failed is pressed."""
        self.work.skip(QUARANTINE)
        for asset in self._assets():
            if asset.sync_status is SyncStatus.REVIEW:
                self._review(asset)
        for asset in self._assets():
            if asset.sync_status is SyncStatus.FAILED and asset.is_active:
                self.shop.press(asset.id)
        self.heal()

    def check(self) -> None:
        """Nothing twice, nothing lost, nothing stuck, and nothing called what it is not."""
        faults = list(self._faults())
        assert not faults, "\n".join(faults)

    def check_all_bought(self) -> None:
        self.check()
        for asset in self._assets():
            wanted = SyncStatus.SYNCHRONIZED if asset.is_active else SyncStatus.FAILED
            assert asset.sync_status is wanted, f"{asset.number} is {asset.sync_status.value}"

    def bought(self, asset_id: int) -> list[str]:
        """The codes that were bought under the asset's reference, as the journal has them."""
        return [entry["code"] for entry in self.sandbox.control.purchases(self.shop.asset(asset_id).reference)]

    def applications(self, import_id: int) -> list[AuditEntry]:
        is_it = (AuditEntry.subject == "import", AuditEntry.subject_id == import_id)
        return self.shop.all(AuditEntry, *is_it, AuditEntry.act == "apply")

    def _assets(self) -> list[Asset]:
        return self.shop.all(Asset)

    def _review(self, asset: Asset) -> None:
        bought = self.bought(asset.id)
        if bought:
            self.shop.attach(asset.id, bought[0])
        else:
            self.shop.attest(asset.id)

    def _faults(self):
        recorded = {(row.asset_id, row.code) for row in self.shop.all(Coupon)}
        issued = {coupon["Code"] for coupon in self.sandbox.control.coupons()}
        yield from (f"{code} was never issued" for code in self._kept() if code not in issued)
        purchases, assets = self.sandbox.control.purchases(), self._assets()
        sends = {(entry["reference"], entry["request_id"]) for entry in purchases}
        counted = Counter(reference for reference, _ in sends)
        yield from (f"{reference} was bought {times} times" for reference, times in counted.items() if times > 1)
        by_reference = {asset.reference: asset for asset in assets}
        for entry in purchases:
            yield from self._faults_of_purchase(entry, by_reference[entry["reference"]], purchases, recorded)
        codes_by_reference = defaultdict(list)
        for entry in purchases:
            codes_by_reference[entry["reference"]].append(entry["code"])
        for asset in assets:
            yield from self._faults_of_asset(asset, codes_by_reference[asset.reference])

    def _kept(self) -> list[str]:
        """What is not on record as a code that proved false, and is no evidence that a person still looks at."""
        standings = (CouponStanding.RECORDED, CouponStanding.SURPLUS)
        return [row.code for row in self.shop.all(Coupon, Coupon.standing.in_(standings))]

    def _faults_of_purchase(self, entry: dict, asset: Asset, purchases: list[dict], recorded: set):
        """A blind server shows no second coupon of one request, and the first one only to a person."""
        seen = [twin for twin in purchases if _are_twins(twin, entry)] if self.is_blind else [entry]
        is_kept = any((asset.id, each["code"]) in recorded for each in seen)
        if not is_kept and not (self.is_blind and asset.sync_status is SyncStatus.REVIEW):
            yield f"{asset.number} is {asset.sync_status.value}: {entry['code']} was bought and is lost"
        if asset.sync_status is SyncStatus.FAILED and asset.is_active:
            yield f"{asset.number} is called failed, but {entry['code']} was bought"

    def _faults_of_asset(self, asset: Asset, bought: list[str]):
        is_for_people = self.is_blind or asset.id in self.for_people
        if asset.is_unsettled or (asset.sync_status is SyncStatus.REVIEW and not is_for_people):
            attempt = self.shop.attempt(asset.id)
            yield f"{asset.number} is stuck: {asset.sync_status.value}, {attempt.state.value}, {attempt.cause}"
        if asset.sync_status is SyncStatus.SYNCHRONIZED:
            yield from self._faults_of_code(asset, self.shop.code(asset.id), bought)

    def _faults_of_code(self, asset: Asset, code: str | None, bought: list[str]):
        """Attached codes aside, it is one that BitTitan issued for this very asset."""
        if code is None:
            yield f"{asset.number} is synchronized without a code"
        elif bought and code not in bought:
            yield f"{asset.number} shows a code that was not bought for it"


def _are_twins(one: dict, other: dict) -> bool:
    return (one["reference"], one["request_id"]) == (other["reference"], other["request_id"])
