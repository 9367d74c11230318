"""What BitTitan was asked about an asset's code, and what it said: singly, or in a comparison."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, Select, select

from portal.models import (
    Asset,
    CheckCause,
    CheckResult,
    Coupon,
    CouponStanding,
    Finding,
    FindingKind,
    ReconciliationRun,
    ReconciliationScope,
    ReconciliationSource,
    ReconciliationState,
    StatusCheck,
)

Run = ReconciliationRun
RESULTS = {
    FindingKind.NOT_LISTED: CheckResult.NOT_LISTED,
    FindingKind.UNVERIFIED: CheckResult.UNRECOGNISED,
    FindingKind.DIFFERS: CheckResult.DIFFERS,
    FindingKind.TWO_RECORDS: CheckResult.DIFFERS,
}
"""The findings that are an answer about a recorded code."""
_IS_ANSWERED = (Run.source == ReconciliationSource.LIVE, Run.state == ReconciliationState.DONE)


class Asked(NamedTuple):
    at: datetime
    result: CheckResult
    actor: str
    cause: CheckCause | None = None
    """None if a comparison asked."""
    milliseconds: int | None = None
    run_id: int | None = None


class Compared(NamedTuple):
    run: ReconciliationRun
    finding: Finding | None
    """None if the code agreed."""


def found(asset_id: BindParameter[int], most: int) -> Select[tuple[int, int]]:
    """The run and the finding of the last comparisons in which it did not agree."""
    rows = select(Run.id, Finding.id).join(Finding, Finding.run_id == Run.id)
    rows = rows.where(Finding.asset_id == asset_id, Finding.kind.in_(RESULTS), *_IS_ANSWERED)
    return rows.order_by(Finding.id.desc()).limit(most)


def agreed(asset_id: BindParameter[int]) -> Select[tuple[int]]:
    """The run from which the last answer is, if it agreed: what agrees has no finding. A comparison of everything that
    was complete looked at each code; an answer of its time is from it, unless it was asked for singly."""
    differed = select(Finding.id).where(
        Finding.run_id == Run.id, Finding.asset_id == asset_id, Finding.kind.in_(RESULTS)
    )  # fmt: skip
    singly = select(StatusCheck.id).where(StatusCheck.asset_id == asset_id, StatusCheck.at == Coupon.read_at)
    rows = select(Run.id).join(Coupon, Coupon.read_at.between(Run.made_at, Run.ended_at))
    rows = rows.where(
        Coupon.asset_id == asset_id, Coupon.standing == CouponStanding.RECORDED, Coupon.recorded_at < Run.made_at,
        Run.scope == ReconciliationScope.EVERYTHING, *_IS_ANSWERED, ~differed.exists(), ~singly.exists(),
    )  # fmt: skip
    return rows.order_by(Run.id.desc()).limit(1)


def together(asset: Asset, checks: Iterable[StatusCheck], compared: Iterable[Compared], most: int) -> list[Asked]:
    """The newest first."""
    asked = [
        Asked(check.at, check.result, check.actor, cause=check.cause, milliseconds=check.milliseconds)
        for check in checks
    ]
    asked += [
        Asked(_when(asset, each), _result(asset, each), each.run.actor, run_id=each.run.id) for each in compared
    ]  # fmt: skip
    return sorted(asked, key=lambda each: each.at, reverse=True)[:most]


def _when(asset: Asset, compared: Compared) -> datetime:
    return compared.run.ended_at if compared.finding else asset.coupon.read_at


def _result(asset: Asset, compared: Compared) -> CheckResult:
    if compared.finding is not None:
        return RESULTS[compared.finding.kind]
    value = asset.coupon.at_bittitan.value
    return CheckResult(value) if value in {each.value for each in CheckResult} else CheckResult.OTHER
