"""What a run has to tell apart: coupons at BitTitan, and assets here, that do not agree."""

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
from portal.services.reconciliation.scanning import runs
from portal.services.reconciliation.scanning.runs import EVERYTHING, Scoped

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

    def run(self, scoped: Scoped = EVERYTHING) -> ReconciliationRun:
        run_id = self.begin(scoped)
        self.work.drain()
        return self.read(run_id)

    def begin(self, scoped: Scoped = EVERYTHING) -> int:
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

    def choose(self, finding: Finding, act: FindingAct, *, by=None, version=None, **more) -> None:
        with self.shop.app.app_context():
            person = db.session.get(User, by.id) if by is not None else self.shop.dana
            seen = finding.version if version is None else version
            choosing.choose(finding, act, version=seen, by=person, **({"why": "Looked at both sides."} | more))

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
        return mine | known | {"Created": created.isoformat(), "Id": str(uuid5(NAMESPACE_OID, mine["Code"]))} | fields

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


def plant(reconciler: Reconciler, *, part: int = 1) -> Planted:
    """In small; `part=5` is the whole set."""
    world, sandbox, planted = reconciler.world, reconciler.sandbox, Planted()
    days = iter(date(2026, 1, 1) + timedelta(days=3 * number) for number in range(1000))

    unrecorded = world.assets(6 * part, "failed")
    planted.assets["unrecorded"] = [asset.id for asset in unrecorded]
    for asset in unrecorded:
        reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)
    planted.codes["foreign"] = [reconciler.put(1, on=next(days), Quantity=7)[0] for _ in range(2 * part)]

    wrong = [asset.id for asset in world.assets(3 * part, "synchronized")]
    reconciler.list_recorded(*wrong, Quantity=99)
    planted.assets["wrong"] = wrong

    twice = world.assets(part * 2, "synchronized")
    reconciler.list_recorded(*(asset.id for asset in twice))
    for asset in twice:
        reconciler.put(1, ExternalReference=asset.reference, Quantity=asset.quantity)

    spent = world.assets(14 * part, "synchronized")
    reconciler.list_recorded(*(asset.id for asset in spent))
    for asset in spent[: 10 * part]:
        sandbox.control.redeem(world.code_of(asset))
    for asset in spent[10 * part :]:
        sandbox.control.expire(world.code_of(asset))
    planted.assets["redeemed"] = [asset.id for asset in spent[: 10 * part]]
    planted.assets["expired"] = [asset.id for asset in spent[10 * part :]]

    planted.assets["without"] = []
    for number in range(5 * part):
        day = next(days)
        (asset,) = world.assets(1, "failed", purchased_on=day, quantity=30 + number)
        planted.assets["without"].append(asset.id)
        if not number % 5:  # one has its coupon: bought by hand on the next day
            planted.codes.setdefault("by_hand", []).extend(
                reconciler.put(1, on=day + timedelta(days=1), Quantity=30 + number)
            )
    planted.assets["twins"] = []
    for _ in range(6 * part):
        day = next(days)
        planted.assets["twins"] += [asset.id for asset in world.assets(2, "failed", purchased_on=day)]
        planted.codes.setdefault("twins", []).extend(reconciler.put(2, on=day))
    return planted
