"""Findings with both sides as they are now, before a person decides. Takes the same statements for one and for many."""

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager, joinedload

from portal.core import access
from portal.core.errors import NotVisible
from portal.extensions import db
from portal.models import (
    Asset,
    Coupon,
    CouponStanding,
    Finding,
    FindingAct,
    FindingKind,
    Product,
    ReconciliationRun,
    ReconciliationState,
    ShownCoupon,
    User,
)
from portal.services.assets import corrections
from portal.services.reconciliation.scanning import runs
from portal.services.reconciliation.viewing import names
from portal.services.reconciliation.viewing.names import Names

Act, Kind = FindingAct, FindingKind
NEEDS_UNRECORDED = frozenset({Act.RECORD, Act.ATTACH})
"""What these record must not be on record yet."""


class Moved(enum.Enum):
    DECIDED = "decided"
    """Somebody has decided about it, or changed it."""
    RECORDED = "recorded"
    """The coupon is on record by now."""
    ASSET = "asset"
    """The asset was changed since the run looked at it."""


@dataclass(frozen=True)
class CurrentFinding:
    run: ReconciliationRun
    finding: Finding
    asset: Asset | None
    """That has the coupon, or is to get it; with its account, product and code."""
    shown: ShownCoupon | None
    claims: tuple[Coupon, ...]
    """What is on record with the code or the Id that BitTitan shows."""
    names: Names
    is_unbought: bool
    """It is certain that nothing was bought for the asset. Asked only where its code may be withdrawn."""

    @property
    def record(self) -> Coupon | None:
        return self.finding.coupon or (self.asset and self.asset.coupon)

    @property
    def with_id(self) -> Coupon | None:
        """The record that has the coupon's Id but not its code."""
        rows = (row for row in self.claims if self.shown and row.code != self.shown.code)
        return next(rows, None)

    def moved(self, act: FindingAct | None, version: int | None = None) -> Moved | None:
        """What has changed since the run looked, or since the person saw this version."""
        if not self.finding.may_be_decided or version not in (None, self.finding.version):
            return Moved.DECIDED
        if act in NEEDS_UNRECORDED and self.claims:
            return Moved.RECORDED
        is_own = self.asset is not None and self.asset.id == self.finding.asset_id
        return Moved.ASSET if is_own and self.asset.version != self.finding.asset_version else None


def of_one(viewer: User, finding_id: int, target_id: int | None = None) -> tuple[ReconciliationRun, CurrentFinding]:
    """Raises NotVisible; also while its run has not ended, because nobody sees its findings then."""
    run_id = db.session.scalar(select(Finding.run_id).where(Finding.id == finding_id))
    run = runs.visible_run(viewer, run_id or 0)
    found = of(viewer, run, [finding_id], {finding_id: target_id} if target_id else {})
    if not found:
        raise NotVisible()
    return run, found[0]


def of(
    viewer: User, run: ReconciliationRun, ids: Collection[int], targets: Mapping[int, int | None] | None = None
) -> list[CurrentFinding]:
    """In the order of their ids. `targets`: assets that a person has chosen, by finding. Raises NotVisible."""
    run = runs.visible_run(viewer, run.id)
    if run.state is not ReconciliationState.DONE or not ids:
        return []
    findings, chosen = _findings(run, ids), targets or {}
    wanted = {row.id: chosen.get(row.id) or _asset_id(row) for row in findings}
    assets = _assets(viewer, {asset_id for asset_id in wanted.values() if asset_id})
    shown = {row.id: _shown(row) for row in findings}
    coupons = [each for each in shown.values() if each is not None]
    claims, named = _claims(coupons), names.of(viewer, coupons)
    unbought = _unbought(findings)
    return [
        CurrentFinding(
            run, row, assets.get(wanted[row.id]), shown[row.id], _of_coupon(claims, shown[row.id]), named,
            row.asset_id in unbought,
        )
        for row in findings
    ]  # fmt: skip


def _findings(run: ReconciliationRun, ids: Collection[int]) -> list[Finding]:
    rows = select(Finding).where(Finding.run_id == run.id, Finding.id.in_(ids)).order_by(Finding.id)
    loaded = (
        joinedload(Finding.coupon), joinedload(Finding.shown), joinedload(Finding.decided_by),
        joinedload(Finding.asset).joinedload(Asset.coupon), joinedload(Finding.target),
        joinedload(Finding.counterpart).joinedload(Finding.shown),
    )  # fmt: skip
    return list(db.session.scalars(rows.options(*loaded).execution_options(populate_existing=True)))


def _asset_id(row: Finding) -> int | None:
    if row.kind is not Kind.FOREIGN:
        return row.asset_id
    return row.target_id or (row.counterpart and row.counterpart.asset_id)


def _unbought(findings: list[Finding]) -> set[int]:
    ids = [row.asset_id for row in findings if row.kind is Kind.UNVERIFIED and row.asset_id]
    return corrections.without_purchase(ids) if ids else set()


def _shown(row: Finding) -> ShownCoupon | None:
    return row.counterpart.shown if row.kind is Kind.NO_CODE and row.counterpart else row.shown


def _assets(viewer: User, ids: Collection[int]) -> dict[int, Asset]:
    rows = access.visible_assets(viewer).where(Asset.id.in_(ids))
    rows = rows.options(contains_eager(Asset.product).joinedload(Product.type))
    return {row.id: row for row in db.session.scalars(rows.execution_options(populate_existing=True))}


def _claims(coupons: Collection[ShownCoupon]) -> list[Coupon]:
    codes, ids = [each.code for each in coupons], [each.bittitan_id for each in coupons if each.bittitan_id]
    has_mark = or_(Coupon.code.in_(codes), Coupon.bittitan_id.in_(ids))
    return list(db.session.scalars(select(Coupon).where(has_mark, Coupon.standing != CouponStanding.WITHDRAWN)))


def _of_coupon(claims: list[Coupon], shown: ShownCoupon | None) -> tuple[Coupon, ...]:
    if shown is None:
        return ()
    marks = {shown.code, shown.bittitan_id} - {None}
    return tuple(row for row in claims if marks & {row.code, row.bittitan_id})
