"""What changes if an account moves under another one: who sees it, who pays, and at which prices."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from portal.core import clock
from portal.extensions import db
from portal.models import (
    OPEN_STATES,
    Account,
    AccountKind,
    Asset,
    Attempt,
    Product,
    ProductState,
    ReminderRecipient,
    User,
)
from portal.services import catalog
from portal.services.catalog import resolution
from portal.services.catalog.resolution import AgreedPrice
from portal.services.lists.list_counts import CAP
from portal.services.reminders import choices


@dataclass(frozen=True)
class Side:
    """Before or after the move."""

    parent: Account
    people: int
    """Of the account above, who can sign in and see the account's assets and codes."""
    payer: Account
    """Whom the distributor bills for new orders."""


@dataclass(frozen=True)
class PriceChange:
    product: Product
    now: AgreedPrice
    then: AgreedPrice

    @property
    def is_same(self) -> bool:
        return (self.now.amount, self.now.currency) == (self.then.amount, self.then.currency)


@dataclass(frozen=True)
class MovePreview:
    account: Account
    now: Side
    then: Side
    prices: Sequence[PriceChange]
    """Of each published product."""
    assets: int
    """Up to CAP + 1."""
    open_attempts: int
    """Purchases under way: they are billed as they were ordered."""
    forgotten: Sequence[ReminderRecipient]
    """Addresses that the partner added to its reminders."""


def preview(account: Account, parent: Account) -> MovePreview:
    """The caller has checked that the viewer may see both, and that the account may move there."""
    assets = select(Asset.id).where(Asset.account_id == account.id).limit(CAP + 1).subquery()
    return MovePreview(
        account,
        side(account, account.parent),
        side(account, parent),
        prices(account, account, seller_id=parent.id),
        db.session.scalar(select(func.count()).select_from(assets)),
        open_attempts(account),
        choices.added_by_partner(account.id),
    )


def open_attempts(account: Account) -> int:
    under_way = select(func.count()).select_from(Attempt).join(Asset, Asset.id == Attempt.asset_id)
    of_account = under_way.where(Asset.account_id == account.id, Attempt.state.in_(OPEN_STATES))
    return db.session.scalar(of_account)


def side(account: Account, parent: Account) -> Side:
    people = select(func.count(User.id)).where(User.account_id == parent.id, User.disabled_at.is_(None))
    is_partner = parent.kind is AccountKind.PARTNER
    return Side(parent, db.session.scalar(people), parent if is_partner else account)


def prices(now: Account, then: Account, *, seller_id: int | None = None) -> list[PriceChange]:
    """What each published product costs the one account now, and the other one, today. `seller_id`: if this account
    were directly above it."""
    products = [product for product in catalog.products() if product.state is ProductState.PUBLISHED]
    day = clock.today()
    before = resolution.prices_of(now, products, 1, day)
    after = resolution.prices_of(then, products, 1, day, seller_id=seller_id)
    return [PriceChange(product, before[product.id], after[product.id]) for product in products]
