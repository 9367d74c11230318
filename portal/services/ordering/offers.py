"""Data for the forms of orders: for whom one may order, and which products."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Row, case, or_, select
from sqlalchemy.orm import joinedload

from portal.core import access
from portal.extensions import db
from portal.models import Account, AccountKind, Product, User
from portal.models.text_keys import fold, search_key

OFFERED = 200


@dataclass(frozen=True)
class Offer:
    """An account that can be ordered for, and its payer."""

    account: Account
    billed: Account

    @property
    def is_synchronized(self) -> bool:
        return self.billed.is_synchronized


@dataclass(frozen=True)
class Offers:
    rows: list[Offer]
    has_more: bool

    def of(self, account_id: int | None) -> Offer | None:
        return next((offer for offer in self.rows if offer.account.id == account_id), None)


def offers(user: User, term: str, chosen_id: int | None) -> Offers:
    """The chosen account first, then those that match the term, by name. One statement."""
    term = term.strip()
    accounts = access.visible_accounts(user).where(
        Account.disabled_at.is_(None),
        Account.kind != AccountKind.DISTRIBUTOR,  # the seller holds no licences
    )
    is_chosen = Account.id == (chosen_id or 0)
    if term:
        named = Account.name_key.contains(search_key(term), autoescape=True)
        accounts = accounts.where(or_(is_chosen, named, access.has_code_like(term)))
    first = case((is_chosen, 0), else_=1)
    rows = accounts.options(joinedload(Account.parent)).order_by(first, Account.name_sort, Account.id)
    accounts = list(db.session.scalars(rows.limit(OFFERED + 1)))
    return Offers([Offer(account, payer_of(account)) for account in accounts[:OFFERED]], len(accounts) > OFFERED)


def customers_of(user: User, term: str, most: int) -> tuple[list[Row], bool]:
    """Id, name and code of the partner's customers that match the term, by name; and whether there are more. One
    statement."""
    term = term.strip()
    rows = access.visible_accounts(user).where(Account.parent_id == user.account_id, Account.disabled_at.is_(None))
    if term:
        named = Account.name_key.contains(search_key(term), autoescape=True)
        rows = rows.where(or_(named, Account.code_key.contains(fold(term), autoescape=True)))
    rows = rows.with_only_columns(Account.id, Account.name, Account.code).order_by(Account.name_sort, Account.id)
    found = db.session.execute(rows.limit(most + 1)).all()
    return list(found[:most]), len(found) > most


def payer_of(account: Account) -> Account:
    """The partner for its customers, otherwise the account itself."""
    parent = account.parent
    return parent if parent is not None and parent.kind is AccountKind.PARTNER else account


def orderable_products() -> list[Product]:
    """With their prices. One statement."""
    rows = select(Product).options(joinedload(Product.prices)).order_by(Product.name_sort, Product.id)
    is_published = Product.published_at.is_not(None) & Product.withdrawn_at.is_(None)
    return [product for product in db.session.scalars(rows.where(is_published)).unique() if product.is_offered]


def users_of(user: User, buyer: Account, named: Collection[str]) -> list[Account]:
    """Who may use what the buyer orders: itself, its customers by name (the first OFFERED), and those that are named
    by code or name. One statement."""
    is_below = (Account.id == buyer.id) | (Account.parent_id == buyer.id)
    words = [text for text in named if text and "\0" not in text]
    keys = {key(text) for text in words for key in (fold, search_key)}
    is_named = Account.code_key.in_(keys) | Account.name_key.in_(keys)
    accounts = access.visible_accounts(user).where(is_below, Account.disabled_at.is_(None))
    first = case((is_named, 0), else_=1) if keys else case((Account.id == buyer.id, 0), else_=1)
    rows = accounts.options(joinedload(Account.parent)).order_by(first, Account.name_sort, Account.id)
    return list(db.session.scalars(rows.limit(OFFERED + len(keys))))
