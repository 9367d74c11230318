"""Which assets and coupons a run is about."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import ColumnElement, Row, Select, func, or_, select

from portal.extensions import db, settings
from portal.models import Account, Asset, ReconciliationRun, ReconciliationScope

Scope = ReconciliationScope


def of_assets(run: ReconciliationRun) -> list[ColumnElement[bool]]:
    return {
        Scope.EVERYTHING: lambda: [],
        Scope.TREE: lambda: [Asset.branch_id == run.account_id],
        Scope.ACCOUNT: lambda: [Asset.account_id == run.account_id],
        Scope.ASSET: lambda: [Asset.id == run.asset_id],
        Scope.PERIOD: lambda: [Asset.purchased_on.between(run.from_on, run.until_on)],
    }[run.scope]()


def assets_among(run: ReconciliationRun, asset_ids: Collection[int]) -> set[int]:
    """Which of these assets the run is about."""
    if run.scope is Scope.EVERYTHING or not asset_ids:
        return set(asset_ids)
    return set(db.session.scalars(select(Asset.id).where(Asset.id.in_(asset_ids), *of_assets(run))))


def organizations_among(run: ReconciliationRun, ids: Collection[str]) -> set[str]:
    """Which of these organisations are billed for accounts that the run is about."""
    if run.scope in (Scope.EVERYTHING, Scope.PERIOD) or not ids:
        return set(ids)
    return set(db.session.scalars(_payers(run).where(Account.organization_id.in_(ids))))


def has_foreign(run: ReconciliationRun, shown: Row, organizations: set[str]) -> bool:
    """Whether the run is about a coupon that leads to no asset. In a period, its day counts."""
    if run.scope is Scope.PERIOD:
        is_dated = shown.fits_from is not None and shown.fits_until is not None
        return is_dated and shown.fits_until >= run.from_on and shown.fits_from <= run.until_on
    return run.scope is Scope.EVERYTHING or shown.organization_id in organizations


def listed_since(run: ReconciliationRun) -> datetime | None:
    """Coupons that were issued earlier are not listed. None: all are. A coupon may have been issued a day before the
    purchase on record, and BitTitan's clock is not ours."""
    if run.scope not in (Scope.ASSET, Scope.PERIOD):
        return None
    first = run.from_on or db.session.scalar(select(func.min(Asset.purchased_on)).where(*of_assets(run)))
    return datetime.combine(first - timedelta(days=2), time(), settings().time_zone).astimezone(UTC) if first else None


def _payers(run: ReconciliationRun) -> Select[tuple[str | None]]:
    billed = select(Asset.billed_account_id).where(*of_assets(run))
    is_own = Account.id == run.account_id
    if run.scope is Scope.TREE:
        is_own = or_(is_own, Account.branch_id == run.account_id)
    return select(Account.organization_id).where(or_(Account.id.in_(billed), is_own))
