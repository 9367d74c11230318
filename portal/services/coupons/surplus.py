"""The surplus register: coupons beyond the recorded one, not as ordered, for a cancelled asset, or for an order that is
not in this database.

None is ever dropped: it is attached to another asset that it fits, or BitTitan revokes it (revocations.py). Either way
it stays on record.
"""

import enum
from datetime import datetime

from sqlalchemy import func, or_, select, true, update
from sqlalchemy.exc import IntegrityError

from portal.core import access, audit, clock, errors, paging
from portal.core.audit import Actor
from portal.core.i18n import gettext as _
from portal.core.paging import MAX_ID
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    NOWHERE,
    SPENT,
    Account,
    Asset,
    AuditEntry,
    Coupon,
    CouponStanding,
    Lifecycle,
    Product,
    ProductType,
    SyncStatus,
    User,
)
from portal.providers.base import Checked, IssuedCoupon, Unanswered
from portal.services import alerts, limits, vendor
from portal.services.coupons import (
    attachments,
    compare,
    coupon_rows,
    evidence,
    identity,
    owners,
    recording,
    revocations,
)

OFFERED = 50


class Part(enum.Enum):
    OPEN = "open"
    SPENT = "spent"
    MOVED = "moved"
    ALL = "all"


def page(
    viewer: User, part: Part, before: int | None, *, of_asset: int | None = None
) -> tuple[list[Coupon], int | None]:
    """Newest first, with the id before which the next page begins. One statement."""
    rows = access.surplus_coupons(viewer).where(*_conditions(part))
    if of_asset is not None:
        of_asset = min(max(of_asset, 0), MAX_ID)
        rows = rows.where(or_(Coupon.asset_id == of_asset, Coupon.moved_from_id == of_asset))
    return paging.newest(rows, Coupon.id, before)


def count_open() -> int:
    """Number of coupons that wait for a decision."""
    rows = select(func.count()).select_from(Coupon).where(*_conditions(Part.OPEN))
    return db.session.scalar(rows)


def history(coupon: Coupon) -> list[AuditEntry]:
    """What people and BitTitan did with the coupon, newest first."""
    rows = select(AuditEntry).where(AuditEntry.subject == "coupon", AuditEntry.subject_id == coupon.id)
    return list(db.session.scalars(rows.order_by(AuditEntry.id.desc()).limit(paging.PAGE)))


def fitting_assets(viewer: User, coupon: Coupon) -> list[Asset]:
    """Failed assets that the coupon fits: same product, licences and organisation of the billed account. The asset that
    has waited longest comes first. If the coupon's own asset needs it, only that one."""
    needing = assets_in_need(coupon)
    fits = (
        Asset.id == needing.id if needing else true(),
        Asset.sync_status == SyncStatus.FAILED,
        Asset.lifecycle == Lifecycle.ACTIVE,
        Asset.quantity == coupon.quantity,
        Product.type_id.in_(select(ProductType.id).where(ProductType.sku_id == coupon.sku_id)),
        Asset.billed_account_id.in_(select(Account.id).where(Account.organization_id == coupon.organization_id)),
    )
    rows = access.visible_assets(viewer).where(*fits).order_by(Asset.purchased_on, Asset.id).limit(OFFERED)
    return list(db.session.scalars(rows))


def assets_in_need(coupon: Coupon) -> Asset | None:
    """The asset that the coupon was issued for, if it is active and has no code. The coupon then goes nowhere else."""
    owner = db.session.get(Asset, coupon.came_from_id) if coupon.came_from_id else None
    return owner if owner is not None and owners.needs_coupon(owner) else None


def may_be_moved(coupon: Coupon) -> bool:
    """Judged by what is known here, without asking BitTitan."""
    return coupon.standing is CouponStanding.SURPLUS and not coupon.is_spent and not coupon.is_being_revoked


def attach(coupon: Coupon, asset: Asset, *, version: int, by: User, reason: str) -> None:
    """Records the coupon for another asset, after asking BitTitan whether it can still be redeemed.

    Raises Unavailable, Conflict or StaleVersion; then nothing was changed.
    """
    _check_may_be_moved(coupon)
    db.session.commit()  # hold no transaction while BitTitan is asked
    asked_at = clock.now()
    issued = _issued(coupon, vendor.provider().check_code(coupon.code), asked_at)
    try:
        with transaction("give"):
            row, locked = _locked(asset, coupon, issued)
            attachments.check_may_attach(row, version, issued)
            if row.sync_status is not SyncStatus.FAILED:
                raise errors.Conflict(_("Only a failed asset takes a coupon from here. Nothing was changed."))
            _check_may_be_moved(locked)
            compare.check_fits(row, issued)
            _move(locked, row, by=by, reason=reason)
            coupon_rows.refresh(locked, issued, clock.now())
            recording.record(row, locked, by=by, now=clock.now(), act="attach", why=reason, takes_staged=False)
    except IntegrityError as clash:
        raise errors.Conflict(_("The asset got a code a moment ago. Nothing was changed.")) from clash


def keep_unmatched(coupon: IssuedCoupon, *, by: Actor, now: datetime) -> None:
    """Inside a transaction. The coupon was issued under one of our references that no asset here has."""
    if identity.is_known(coupon):
        return
    row = coupon_rows.unmatched_row(coupon, now, evidence.STRAY)
    db.session.add(row)
    db.session.flush()
    text = f"BitTitan shows a coupon under {coupon.reference}, an order that is not in this database."
    alerts.raise_once("surplus", text, now)
    audit.record("coupon", row.id, "surplus", by=by, field="code", after=f"•••• {row.mask}", why=evidence.STRAY)


def reveal(coupon: Coupon, *, by: User) -> str:
    """The full code. Records the reveal before it returns the code. Raises BudgetSpent."""
    limits.check(limits.REVEALED, by=by)
    with transaction():
        audit.record("coupon", coupon.id, "reveal", by=by)
    return coupon.code


def _locked(asset: Asset, coupon: Coupon, issued: IssuedCoupon) -> tuple[Asset, Coupon]:
    """Also locks the assets that the coupon was issued for, as known here and as BitTitan says, in one order to avoid
    deadlocks. Raises Conflict if one of them needs the coupon."""
    named = owners.asset_of_reference(issued.reference)
    ids = {asset.id, coupon.came_from_id or asset.id, named.id if named else asset.id}
    rows = {each: lock(Asset, each) for each in sorted(ids)}
    for each, row in rows.items():
        if each != asset.id and owners.needs_coupon(row):
            raise errors.Conflict(owners.needed_sentence(row), link=("asset", row.id))
    return rows[asset.id], lock(Coupon, coupon.id)


def _issued(coupon: Coupon, answer: Checked | Unanswered, asked_at: datetime) -> IssuedCoupon:
    if isinstance(answer, Unanswered):
        raise errors.Unavailable(_("BitTitan could not be asked about this coupon. Nothing was changed."))
    issued = answer.coupon
    if issued is not None and issued.status != coupon.status:
        with transaction():
            locked = lock(Coupon, coupon.id)
            if not coupon_rows.is_read_since(locked, asked_at):
                coupon_rows.note_reading(locked, issued, clock.now())
    if issued is None or not answer.is_valid:
        why = answer.reason or _("it gives no reason")
        raise errors.Conflict(
            _("BitTitan says that this coupon cannot be redeemed: %(why)s. Nothing was changed.", why=why)
        )
    return issued


def _check_may_be_moved(coupon: Coupon) -> None:
    if coupon.standing is not CouponStanding.SURPLUS:
        raise errors.Conflict(_("This coupon is not in the surplus register any more. Nothing was changed."))
    revocations.check_not_revoked(coupon, coupon.status)
    if coupon.is_spent:
        raise errors.Conflict(_("This coupon is not worth anything any more. Nothing was changed."))


def _move(coupon: Coupon, asset: Asset, *, by: User, reason: str) -> None:
    """Compare-and-set: if two people give the coupon away at once, only one succeeds."""
    came_from = coupon.asset_id
    is_unmoved = (Coupon.id == coupon.id, Coupon.standing == CouponStanding.SURPLUS, Coupon.asset_id == came_from)
    values = {"standing": CouponStanding.RECORDED, "asset_id": asset.id, "why": reason}
    values["moved_from_id"] = coupon.came_from_id or NOWHERE
    change = update(Coupon).where(*is_unmoved).values(values).execution_options(synchronize_session="fetch")
    if not db.session.execute(change).rowcount:
        raise errors.Conflict(_("This coupon is not in the surplus register any more. Nothing was changed."))
    mask, before = f"•••• {coupon.mask}", f"AS-{came_from}" if came_from else None
    audit.record("coupon", coupon.id, "move", by=by, before=before, after=asset.number, why=reason)
    if came_from not in (None, asset.id):
        audit.record("asset", came_from, "give", by=by, field="code", before=mask, after=asset.number, why=reason)


def _conditions(part: Part) -> list:
    is_surplus = Coupon.standing == CouponStanding.SURPLUS
    is_spent = Coupon.status.in_(SPENT)
    return {
        Part.OPEN: [is_surplus, is_spent.is_not(True)],
        Part.SPENT: [is_surplus, is_spent],
        Part.MOVED: [Coupon.moved_from_id.is_not(None)],
        Part.ALL: [],
    }[part]
