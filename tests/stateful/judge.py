"""What must be true after every step, by the journal of the sandbox, which is another process and another file."""

from collections import Counter

from portal.models import Asset, Attempt, AuditEntry, Coupon, Job
from portal.sqlite import sqlite3
from tests import last_causes
from tests.services.shop import Shop

OPEN = ("reserved", "sending", "unknown", "review")
KEPT = (
    "name",
    "note",
    "expire_days",
    "validity_days",
    "quantity",
    "purchased_on",
    "account_id",
    "product_id",
    "reference",
)


class Judge:
    def __init__(self, shop: Shop, journal: str):
        self._shop = shop
        self._journal = sqlite3.connect(f"file:{journal}?mode=ro", uri=True)
        self._recorded: dict[int, str] = {}
        self._first: dict[int, dict] = {}

    def close(self) -> None:
        self._journal.close()

    def bought(self, reference: str) -> list[str]:
        """The codes that were paid for under it."""
        query = "SELECT code FROM journal WHERE what = 'created' AND reference = ?"
        return [code for (code,) in self._journal.execute(query, [reference])]

    def look(self, asset_ids: list[int]) -> None:
        shop = self._shop
        attempts = shop.all(Attempt, Attempt.asset_id.in_(asset_ids))
        work = {each.subject_id for each in shop.all(Job, Job.subject_id.in_([each.id for each in attempts]))}
        coupons = shop.all(Coupon, Coupon.asset_id.in_(asset_ids))
        for asset in shop.all(Asset, Asset.id.in_(asset_ids)):
            mine = [each for each in coupons if each.asset_id == asset.id]
            self._purchases(asset, mine)
            self._code(asset, mine)
            self._attempts(asset, [each for each in attempts if each.asset_id == asset.id], work)
            self._what_it_was(asset)
        with shop.app.app_context():
            last_causes.check(Asset.id.in_(asset_ids))

    def healed(self, asset_ids: list[int]) -> None:
        """BitTitan and the database answer, and time has passed."""
        for asset in self._shop.all(Asset, Asset.id.in_(asset_ids)):
            status = asset.sync_status.value
            known = {each.code for each in self._shop.all(Coupon, Coupon.asset_id == asset.id)}
            assert status in ("synchronized", "failed", "review"), f"{asset.number} does not settle: {status}"
            lost = [code for code in self.bought(asset.reference) if code not in known]
            assert not lost or status == "review", f"{asset.number} lost a code that was bought"
            self._record(asset)

    def _purchases(self, asset: Asset, coupons: list[Coupon]) -> None:
        bought = self.bought(asset.reference)
        assert len(bought) <= 1, f"{asset.number} was bought {len(bought)} times"
        if asset.sync_status.value == "failed":
            unknown = set(bought) - {each.code for each in coupons}
            assert not unknown, f"{asset.number} is called failed, and it was bought"

    def _code(self, asset: Asset, coupons: list[Coupon]) -> None:
        recorded = [each.code for each in coupons if each.standing.value == "recorded"]
        assert (len(recorded) == 1) == (asset.sync_status.value == "synchronized"), f"{asset.number}: {recorded}"
        before = self._recorded.get(asset.id)
        assert before is None or recorded == [before], f"the code of {asset.number} has changed"
        if recorded:
            self._recorded[asset.id] = recorded[0]

    def _attempts(self, asset: Asset, attempts: list[Attempt], work: set[int]) -> None:
        states = Counter(each.state.value for each in attempts)
        assert sum(states[state] for state in OPEN) <= 1, f"{asset.number} has two open attempts"
        assert len(attempts) == asset.attempts_made
        for each in attempts:
            assert each.state.value not in OPEN[:3] or each.id in work, f"nobody will ever take {asset.number} further"

    def _what_it_was(self, asset: Asset) -> None:
        """Until a code is recorded, nothing that anybody typed is written."""
        if asset.id not in self._recorded:
            values = {name: getattr(asset, name) for name in KEPT}
            assert self._first.setdefault(asset.id, values) == values, f"{asset.number} changed without a code"

    def _record(self, asset: Asset) -> None:
        """The audit log tells the whole way of the status, without a gap."""
        rows = self._shop.all(
            AuditEntry, AuditEntry.subject == "asset", AuditEntry.subject_id == asset.id,
            AuditEntry.field == "sync_status", order=AuditEntry.id,
        )  # fmt: skip
        status = "failed"
        for row in rows:
            assert row.before == status, f"{asset.number}: the record has a gap before {row.after}"
            status = row.after
        assert status == asset.sync_status.value, f"{asset.number}: the record says {status}"
