"""An asset as a row of a list: the columns that the screens show, as plain values, in one statement.

Loaded as models, each row would be five objects with much more than a page of fifty shows.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import ColumnElement, Select, and_, case, null
from sqlalchemy.orm import aliased

from portal.core import access
from portal.core.errors import NotVisible
from portal.core.viewer import Viewer
from portal.extensions import db
from portal.models import (
    Account,
    Asset,
    AtBitTitan,
    Attempt,
    AttemptState,
    Coupon,
    CouponStanding,
    Lifecycle,
    Product,
    Revocation,
    RevocationState,
    SyncStatus,
    Trigger,
    User,
)
from portal.models.asset_rules import AssetRules
from portal.models.attempt import AttemptRules
from portal.models.coupon import at_bittitan, mask
from portal.services import contacts


class ListedCoupon(NamedTuple):
    code: str
    redeemed_at: datetime | None
    is_verified: bool
    recorded_at: datetime
    status: str | None
    absent_at: datetime | None
    answered_at: datetime | None
    is_being_revoked: bool

    @property
    def mask(self) -> str:
        return mask(self.code)

    @property
    def at_bittitan(self) -> AtBitTitan:
        return at_bittitan(self.status, is_absent=self.absent_at is not None, is_verified=self.is_verified)


class _OwnOfAttempt(NamedTuple):
    number: int
    state: AttemptState
    trigger: Trigger
    cause: str | None
    requested_at: datetime
    next_at: datetime | None
    settled_by_id: int | None
    looked_first_at: datetime | None


class ListedAttempt(AttemptRules, _OwnOfAttempt):
    __slots__ = ()


class _Own(NamedTuple):
    id: int
    version: int
    name: str
    sync_status: SyncStatus
    lifecycle: Lifecycle
    account_id: int
    billed_account_id: int
    quantity: int
    purchased_on: date
    redeem_by: date
    ends_on: date | None
    imported_at: datetime | None
    asked_at: datetime | None
    attempts_made: int
    unit_price: int | None
    currency: str | None
    contacts: str | None
    """Addresses of those who are told about it; None as well where the list does not show them."""
    total: int | None
    """Price, currency and total are None if the viewer may not see the price."""
    product: str
    customer: str
    billed: str
    coupon: ListedCoupon | None
    """The recorded one."""
    last_attempt: ListedAttempt | None


class ListedAsset(AssetRules, _Own):
    """`product`, `customer` and `billed` are names."""

    __slots__ = ()

    @classmethod
    def read(cls, values: Iterable[Any]) -> Self:
        """From the values that `select_columns` selects."""
        values = tuple(values)
        coupon = None if values[_COUPON] is None else ListedCoupon(*values[_COUPON:_ATTEMPT])
        attempt = None if values[_ATTEMPT] is None else ListedAttempt(*values[_ATTEMPT:])
        return cls(*values[:_COUPON], coupon, attempt)


CUSTOMER, BILLED = aliased(Account), aliased(Account)
_NAMES = {"product": Product.name, "customer": CUSTOMER.name, "billed": BILLED.name}
_CODES = {"customer_code": CUSTOMER.code, "billed_code": BILLED.code}
"""For files."""
_OF_COUPON = {
    "coupon_status": Coupon.status, "redeemed_at": Coupon.redeemed_at, "is_verified": Coupon.is_verified,
    "coupon_id": Coupon.id, "absent_at": Coupon.absent_at,
    "answered_at": case((and_(Coupon.confirmed_at.is_(None), Coupon.confirm_at.is_not(None)), None),
                        else_=Coupon.read_at),
}  # fmt: skip
"""For files. As `Coupon.answered_at`, the answer to a purchase is none to a question."""
_FIELDS = _Own._fields[:-2]
_COUPON = len(_FIELDS)
_ATTEMPT = _COUPON + len(ListedCoupon._fields)


def source(name: str, viewer: User | Viewer) -> ColumnElement:
    """The column that a field of `ListedAsset` is read from."""
    if name in _NAMES:
        return _NAMES[name].label(name)
    if name in _CODES:
        return _CODES[name].label(name)
    if name in _OF_COUPON:
        return _OF_COUPON[name].label(name)
    if name == "contacts":
        return contacts.addresses(viewer).label(name)
    if name == "total":
        return (Asset.quantity * access.price_column(viewer, Asset.unit_price)).label(name)
    column = getattr(Asset, name)
    return access.price_column(viewer, column).label(name) if name in ("unit_price", "currency") else column


def _columns(viewer: User | Viewer, with_contacts: bool) -> tuple[ColumnElement, ...]:
    return (
        *(source(name, viewer) if with_contacts or name != "contacts" else null() for name in _FIELDS),
        *(_of_coupon(name) for name in ListedCoupon._fields),
        *(getattr(Attempt, name) for name in ListedAttempt._fields),
    )


def _of_coupon(name: str) -> ColumnElement:
    if name == "is_being_revoked":
        return Revocation.id.is_not(None)
    return _OF_COUPON[name] if name == "answered_at" else getattr(Coupon, name)


def select_columns(
    rows: Select, viewer: User | Viewer, *before: ColumnElement, with_contacts: bool = False
) -> Select:  # fmt: skip
    """Selects the columns of `ListedAsset` for these assets, after the columns in `before`."""
    return (
        rows.with_only_columns(*before, *_columns(viewer, with_contacts), maintain_column_froms=True)
        .join(CUSTOMER, CUSTOMER.id == Asset.account_id)
        .join(Product, Product.id == Asset.product_id)
        .join(BILLED, BILLED.id == Asset.billed_account_id)
        .outerjoin(Coupon, (Coupon.asset_id == Asset.id) & (Coupon.standing == CouponStanding.RECORDED))
        .outerjoin(Attempt, (Attempt.asset_id == Asset.id) & (Attempt.number == Asset.attempts_made))
        .outerjoin(Revocation, (Revocation.coupon_id == Coupon.id) & (Revocation.state == RevocationState.ASKED))
    )


def by_ids(viewer: User, ids: list[int]) -> list[ListedAsset]:
    """Those that the viewer may see."""
    if not ids:
        return []
    rows = select_columns(access.visible_asset_ids(viewer).where(Asset.id.in_(ids)), viewer, with_contacts=True)
    return [ListedAsset.read(row) for row in db.session.execute(rows)]


def one(viewer: User, asset_id: int) -> ListedAsset:
    """Raises NotVisible."""
    rows = by_ids(viewer, [asset_id])
    if not rows:
        raise NotVisible()
    return rows[0]
