"""What a run has to tell apart: coupons at BitTitan, and assets here, that do not agree."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import NAMESPACE_OID, uuid5

from portal.core import access
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Asset, Coupon, CouponStanding, Finding, FindingAct, JobKind, ReconciliationRun, User
from portal.sandbox.storage.shapes import SKUS
from portal.services import jobs
from portal.services.reconciliation.applying import choosing
from portal.services.reconciliation.applying.choosing import Decision
from portal.services.reconciliation.scanning import runs
from portal.services.reconciliation.scanning.runs import EVERYTHING, RunScope

ELSEWHERE = "somebody-elses-system"
NUMBERS = count(1)


@dataclass
class Planted:
    """By name: the ids of assets, or the codes of coupons."""

    codes: dict[str, list[str]] = field(default_factory=dict)
    assets: dict[str, list[int]] = field(default_factory=dict)


class Reconciler:
    """What people do, and what the worker does, each in a context of its own."""

    def __init__(self, shop, work, sandbox):
        self.shop, self.work, self.sandbox, self.world = shop, work, sandbox, shop.world

    def run(self, scoped: RunScope = EVERYTHING) -> ReconciliationRun:
        run_id = self.begin(scoped)
        self.work.drain()
        return self.read(run_id)

    def begin(self, scoped: RunScope = EVERYTHING) -> int:
        with self.shop.app.app_context():
            return runs.begin(scoped, by=self.shop.dana).id

    def read(self, run_id: int) -> ReconciliationRun:
        with self.shop.app.app_context():
            return db.session.get(ReconciliationRun, run_id)

    def findings(self, run: ReconciliationRun, *where) -> list[Finding]:
        return self.shop.all(Finding, Finding.run_id == run.id, *where)

    def kinds(self, run: ReconciliationRun) -> dict[str, int]:
        kinds = [finding.kind.value for finding in self.findings(run)]
        return {kind: kinds.count(kind) for kind in sorted(set(kinds))}

    def choose(self, finding: Finding, act: FindingAct, *, by=None, version=None, seen_asset=None, **more) -> None:
        with self.shop.app.app_context():
            person = db.session.get(User, by.id) if by is not None else self.shop.dana
            seen = finding.version if version is None else version
            decision = Decision(act, **({"why": "Looked at both sides."} | more))
            choosing.choose(finding, decision, version=seen, by=person, seen_asset=seen_asset)

    def choose_all(self, run: ReconciliationRun, kind, act: FindingAct) -> int:
        with self.shop.app.app_context():
            last = max(finding.id for finding in self.findings(run))
            return choosing.choose_all(run, kind, act, most_id=last, by=self.shop.dana, why="Looked at both sides.")

    def again(self, finding: Finding) -> Finding:
        (row,) = self.shop.all(Finding, Finding.id == finding.id)
        return row

    def schedule(self, run_id: int) -> None:
        """As the watchdog does where a job was lost."""
        with self.shop.app.app_context(), transaction():
            jobs.schedule(JobKind.RECONCILE, run_id, datetime.now(UTC))

    def asset(self, asset_id: int) -> Asset:
        with self.shop.app.app_context():
            return access.visible_asset(self.shop.dana, asset_id)

    def put(self, number: int, **fields) -> list[str]:
        """Coupons that nobody here ordered, bought for the partner. Returns their codes."""
        rows = [self.coupon(**fields) for _ in range(number)]
        self.sandbox.control.put_coupons(rows)
        return [row["Code"] for row in rows]

    def coupon(self, *, on: date | None = None, **fields) -> dict:
        number = next(NUMBERS)
        created = datetime.combine(on or date(2026, 3, 2), datetime.min.time(), UTC) + timedelta(hours=12)
        mine = {"Code": f"SBX-PLANT-{number:06}", "ExternalReference": f"{ELSEWHERE}-{number}", "Quantity": 25}
        known = {"OrganizationId": self.world.partner.organization_id, "ProductSkuId": SKUS[0]["Id"]}
        marks = {"Created": created.isoformat(), "Id": str(uuid5(NAMESPACE_OID, mine["Code"]))}
        return mine | known | marks | {"ExpireDate": "2031-01-01T12:00:00Z"} | fields

    def list_recorded(self, *asset_ids: int, **fields) -> None:
        """BitTitan lists the coupons of these assets as they are on record, unless the fields say other."""
        recorded = (Coupon.asset_id.in_(asset_ids), Coupon.standing == CouponStanding.RECORDED)
        self.sandbox.control.put_coupons([_of(row) | fields for row in self.shop.all(Coupon, *recorded)])


def _of(row: Coupon) -> dict:
    return {
        "Code": row.code, "Id": row.bittitan_id, "ExternalReference": row.reference, "ProductSkuId": row.sku_id,
        "OrganizationId": row.organization_id, "Quantity": row.quantity, "ValidityDays": row.validity_days,
        "Created": row.issued_at.isoformat(), "ExpireDate": row.expires_at.isoformat(),
    }  # fmt: skip


@dataclass(frozen=True)
class Numbers:
    unrecorded: int = 6
    foreign: int = 2
    wrong: int = 3
    twice: int = 2
    redeemed: int = 10
    expired: int = 4
    without: int = 5
    twins: int = 6
    """Pairs."""


SMALL = Numbers()
WHOLE = Numbers(unrecorded=30, foreign=10, wrong=15, twice=5, redeemed=200, expired=20, without=25, twins=50)
BY_HAND = 5
"""One of so many assets without a code has a coupon that was bought by hand on the next day."""


def plant(reconciler: Reconciler, numbers: Numbers = SMALL) -> Planted:
    world, planted = reconciler.world, Planted()
    days = iter(date(2024, 1, 1) + timedelta(days=3 * number) for number in range(10_000))
    unrecorded = world.assets(numbers.unrecorded, "failed")
    planted.assets["unrecorded"] = [asset.id for asset in unrecorded]
    for asset in unrecorded:
        reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    planted.codes["foreign"] = [reconciler.put(1, Quantity=7)[0] for _ in range(numbers.foreign)]
    wrong = [asset.id for asset in world.assets(numbers.wrong, "synchronized")]
    reconciler.list_recorded(*wrong, Quantity=99)
    planted.assets["wrong"] = wrong
    twice = world.assets(numbers.twice, "synchronized")
    reconciler.list_recorded(*(asset.id for asset in twice))
    for asset in twice:
        reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    _plant_spent(reconciler, planted, numbers)
    _plant_without(reconciler, planted, numbers, days)
    return planted


def _plant_spent(reconciler: Reconciler, planted: Planted, numbers: Numbers) -> None:
    world, sandbox = reconciler.world, reconciler.sandbox
    spent = world.assets(numbers.redeemed + numbers.expired, "synchronized")
    reconciler.list_recorded(*(asset.id for asset in spent))
    redeemed, expired = spent[: numbers.redeemed], spent[numbers.redeemed :]
    for name, assets, end in (
        ("redeemed", redeemed, sandbox.control.redeem), ("expired", expired, sandbox.control.expire),
    ):  # fmt: skip
        planted.assets[name] = [asset.id for asset in assets]
        for asset in assets:
            end(world.code_of(asset))


def _plant_without(reconciler: Reconciler, planted: Planted, numbers: Numbers, days: Iterator[date]) -> None:
    world = reconciler.world
    planted.assets |= {"without": [], "twins": []}
    planted.codes |= {"by_hand": [], "twins": []}
    for number in range(numbers.without):
        day = next(days)
        (asset,) = world.assets(1, "failed", purchased_on=day, quantity=30 + number)
        planted.assets["without"].append(asset.id)
        if not number % BY_HAND:
            planted.codes["by_hand"] += reconciler.put(1, on=day + timedelta(days=1), Quantity=30 + number)
    for _ in range(numbers.twins):
        day = next(days)
        planted.assets["twins"] += [asset.id for asset in world.assets(2, "failed", purchased_on=day)]
        planted.codes["twins"] += reconciler.put(2, on=day)
