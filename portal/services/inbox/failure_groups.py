"""Failed assets by cause, then by payer. One statement, over at most CAP of them."""

from dataclasses import dataclass, field

from sqlalchemy import Select, and_, case, func, select

from portal.core import access
from portal.extensions import db
from portal.models import Account, Asset, Attempt, AttemptState, User
from portal.models.asset import IS_FAILED
from portal.models.attempt import HAS_FAILED
from portal.models.text_keys import collation_key
from portal.services.lists import CAP, totals
from portal.services.lists.list_filters import NO_ATTEMPT, NO_CAUSE, Filters, conditions
from portal.services.lists.totals import Sum


@dataclass
class Payer:
    id: int
    name: str
    email: str | None
    """Its address at BitTitan."""
    is_synchronized: bool
    version: int
    sum: Sum = field(default_factory=Sum)


@dataclass
class FailureGroup:
    cause: str
    state: AttemptState | None = None
    """How the attempts of its assets ended; None if there were none."""
    sum: Sum = field(default_factory=Sum)
    payers: list[Payer] = field(default_factory=list)
    """Payers with the most assets first."""


@dataclass(frozen=True)
class FailureGroups:
    rows: list[FailureGroup]
    """Groups with the most assets first."""
    sum: Sum
    is_capped: bool
    """There are more failed assets; these are the CAP that were bought first."""


_PAYER = (Account.id, Account.name, Account.bittitan_email, Account.organization_id, Account.version)


def groups(viewer: User, cause: str | None = None) -> FailureGroups:
    """Of all failed assets that are not cancelled, or of those with this cause."""
    failed = _failed(viewer, cause).limit(CAP + 1).subquery()
    columns = (failed.c.cause, func.max(failed.c.state).label("state"), func.min(failed.c.since).label("since"))
    rows = (
        select(*columns, *_PAYER, *totals.columns(failed.c))
        .join(Account, Account.id == failed.c.billed_account_id)
        .group_by(failed.c.cause, Account.id, failed.c.currency)
    )
    by_cause: dict[str, FailureGroup] = {}
    payers: dict[tuple[str, int], Payer] = {}
    total = Sum()
    for row in db.session.execute(rows):
        group = by_cause.setdefault(row.cause, FailureGroup(row.cause))
        payer = payers.get((row.cause, row.id))
        if payer is None:
            is_synchronized = row.organization_id is not None
            payer = Payer(row.id, row.name, row.bittitan_email, is_synchronized, row.version)
            payers[row.cause, row.id] = payer
            group.payers.append(payer)
        group.state = group.state or (AttemptState(row.state) if row.state else None)
        for each in (total, group.sum, payer.sum):
            each.add(row)
    for group in by_cause.values():
        group.payers.sort(key=lambda payer: (-payer.sum.count, collation_key(payer.name)))
    rows = sorted(by_cause.values(), key=lambda group: (-group.sum.count, group.cause))
    return FailureGroups(rows, total, total.count > CAP)


def _failed(viewer: User, cause: str | None) -> Select:
    why = case((Asset.attempts_made == 0, NO_ATTEMPT), else_=func.coalesce(Attempt.cause, NO_CAUSE))
    since = func.coalesce(Attempt.settled_at, Attempt.requested_at, Asset.created_at)
    is_last = and_(Attempt.asset_id == Asset.id, Attempt.number == Asset.attempts_made, HAS_FAILED)
    return (
        access.visible_asset_ids(viewer)
        .outerjoin(Attempt, is_last)
        .where(IS_FAILED, *conditions(Filters(cause=cause)))
        .with_only_columns(
            Asset.billed_account_id, Asset.currency, Asset.unit_price, Asset.quantity, why.label("cause"),
            Attempt.state.label("state"), since.label("since"),
        )
        .order_by(Asset.purchased_on, Asset.id)
    )  # fmt: skip
