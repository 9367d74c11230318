"""Reads from the generated data what the addresses need."""

from sqlalchemy import func, select

from bench.cases import PAGE, TERMS, Facts
from bench.options import TARGETS
from portal.extensions import db
from portal.models import Account, AccountKind, Asset, Coupon, CouponStanding, Lifecycle, Order, Role, SyncStatus, User
from portal.services.lists.list_sorts import SORTS

STAFF = "alexis@meridian.example"


def read() -> Facts:
    """In an app context."""
    size = db.session.scalar(select(func.count()).select_from(Asset))
    page = min(1000, max(2, size // PAGE // 2))
    beside = select(Asset.purchased_on, Asset.id).order_by(Asset.purchased_on.desc(), Asset.id.desc())
    branch = select(Asset.branch_id).group_by(Asset.branch_id).order_by(func.count().desc()).limit(1)
    partner = db.session.scalar(branch)
    email = select(User.email).where(User.account_id == partner, User.role == Role.ADMIN)
    failed = select(Asset.last_cause).where(Asset.sync_status == SyncStatus.FAILED)
    cause = failed.group_by(Asset.last_cause).order_by(func.count().desc()).limit(1)
    code = db.session.scalar(select(Coupon.code).where(Coupon.id == size // 2))
    return Facts(
        page_1000=page,
        cursor_1000=SORTS["purchased"].cursor(*db.session.execute(beside.offset((page - 1) * PAGE - 1).limit(1)).one()),
        assets=dict(zip(TARGETS, _renamable(len(TARGETS)), strict=True)),
        largest_partner=partner,
        largest_partner_email=db.session.scalar(email),
        code_part=code.removeprefix("DEMO-")[:9],
        account_names=_customers(),
        staff_email=STAFF,
        cause=db.session.scalar(cause),
        order=db.session.scalar(select(func.max(Order.id))) // 2,
    )


def _customers() -> tuple[str, ...]:
    """From all over the tree, so that they lie far apart; each name once."""
    rows = select(Account.id, Account.name).where(Account.kind == AccountKind.CUSTOMER).order_by(Account.id)
    names = list(dict.fromkeys(name for _, name in db.session.execute(rows)))
    return tuple(names[:: max(1, len(names) // TERMS)][:TERMS])


def _renamable(count: int) -> list[int]:
    """Synchronized ones in the middle of the years."""
    middle = db.session.scalar(select(func.max(Asset.id))) // 2
    has_code = select(Coupon.id).where(Coupon.asset_id == Asset.id, Coupon.standing == CouponStanding.RECORDED)
    found = select(Asset.id).where(
        Asset.id >= middle, Asset.sync_status == SyncStatus.SYNCHRONIZED, Asset.lifecycle == Lifecycle.ACTIVE,
        has_code.exists(),
    )  # fmt: skip
    return list(db.session.scalars(found.order_by(Asset.id).limit(count)))
