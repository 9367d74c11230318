"""Who sees what. Only this module starts queries on rows that belong to accounts.

The distributor's staff see everything, a partner sees itself and its customers, a customer sees itself. For any other
row the answer is the same as for an id that does not exist.
"""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Integer, Select, bindparam, case, false, func, null, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased, contains_eager, joinedload

from portal.core import loaded_orders
from portal.core.errors import NotVisible
from portal.core.statement_cache import cached_statement
from portal.core.viewer import Viewer
from portal.extensions import db
from portal.models import (
    Account,
    AccountKind,
    Asset,
    Channel,
    Coupon,
    CouponStanding,
    Order,
    OrderState,
    PriceList,
    Product,
    Revocation,
    User,
    email_address,
)
from portal.models.text_keys import fold

Row = TypeVar("Row")
IS_NOT_MERGED = Account.merged_into_id.is_(None)


def in_tree_of(account: Account, branch: ColumnElement, own: ColumnElement) -> ColumnElement[bool]:
    """`branch` and `own` are the row's columns that name its branch and its account."""
    if account.kind is AccountKind.DISTRIBUTOR:
        return true()
    return branch == account.id if account.kind is AccountKind.PARTNER else own == account.id


def visible_assets(user: User) -> Select[tuple[Asset]]:
    """Loads everything that an asset's page shows."""
    return _assets().where(in_tree_of(user.account, Asset.branch_id, Asset.account_id))


def _assets() -> Select[tuple[Asset]]:
    return (
        select(Asset)
        .join(Asset.account)
        .join(Product, Asset.product_id == Product.id)
        .options(
            contains_eager(Asset.account),
            contains_eager(Asset.product),
            joinedload(Asset.billed_account),
            joinedload(Asset.coupon),
            joinedload(Asset.last_attempt),
        )
    )


def visible_asset_ids(user: User) -> Select[tuple[int]]:
    """Without joins, for counting and searching."""
    return select(Asset.id).where(in_tree_of(user.account, Asset.branch_id, Asset.account_id))


def visible_asset(user: User, asset_id: int) -> Asset:
    """Also loads its order, its last attempt, and the revocation of its coupon. Raises NotVisible."""
    query, scope = _visible_asset(Viewer.of(user))
    return the_one(query, scope | {"asset_id": asset_id})


@cached_statement
def _visible_asset(viewer: Viewer) -> Select[tuple[Asset]]:
    coupon = joinedload(Asset.coupon).joinedload(Coupon.revocation)
    rows = visible_assets(viewer).where(Asset.id == bindparam("asset_id", type_=Integer))
    return rows.options(joinedload(Asset.order).joinedload(Order.placed_by), coupon)


def surplus_coupons(user: User) -> Select[tuple[Coupon]]:
    """The surplus register, including coupons that were given away from it. Only the distributor sees any. Loads their
    assets; a stray coupon has none."""
    is_in_register = or_(Coupon.standing == CouponStanding.SURPLUS, Coupon.moved_from_id.is_not(None))
    return (
        select(Coupon)
        .outerjoin(Coupon.asset)
        .outerjoin(Asset.account)
        .where(is_in_register, true() if user.is_staff else false())
        .options(
            contains_eager(Coupon.asset).contains_eager(Asset.account),
            joinedload(Coupon.revocation).joinedload(Revocation.asked_by),
        )
    )


def surplus_coupon(user: User, coupon_id: int) -> Coupon:
    """Raises NotVisible."""
    return the_one(surplus_coupons(user).where(Coupon.id == coupon_id))


def asset_for_command(asset_id: int) -> Asset:
    """A person who may run commands sees everything. Raises NotVisible."""
    return the_one(_assets().where(Asset.id == asset_id))


def visible_accounts(user: User) -> Select[tuple[Account]]:
    """Without those that were merged into another one."""
    return select(Account).where(in_tree_of(user.account, Account.branch_id, Account.id), IS_NOT_MERGED)


def visible_account(user: User, account_id: int) -> Account:
    """Raises NotVisible."""
    query, scope = _visible_account(Viewer.of(user))
    return the_one(query, scope | {"account_id": account_id})


@cached_statement
def _visible_account(viewer: Viewer) -> Select[tuple[Account]]:
    rows = visible_accounts(viewer).where(Account.id == bindparam("account_id", type_=Integer))
    return rows.options(joinedload(Account.parent))


def visible_or_kept_account(user: User, account_id: int) -> Account:
    """If that account was merged, the one that has everything of it. Raises NotVisible."""
    query, scope = _visible_or_kept_account(Viewer.of(user))
    return the_one(query, scope | {"account_id": account_id})


@cached_statement
def _visible_or_kept_account(viewer: Viewer) -> Select[tuple[Account]]:
    merged, asked_id = aliased(Account), bindparam("account_id", type_=Integer)
    kept_id = select(merged.merged_into_id).where(merged.id == asked_id).scalar_subquery()
    rows = visible_accounts(viewer).where(Account.id == func.coalesce(kept_id, asked_id))
    return rows.options(joinedload(Account.parent))


def accounts_for_command() -> Select[tuple[Account]]:
    """A person who may run commands sees everything. Without those that were merged into another one."""
    return select(Account).where(IS_NOT_MERGED)


def account_by_code(code: str) -> Account | None:
    """For commands. The code of an account that was merged finds the one that has everything of it."""
    named = aliased(Account)
    kept_id = select(kept_id_of(named)).where(named.code_key == fold(code.strip())).scalar_subquery()
    return db.session.scalar(accounts_for_command().where(Account.id == kept_id))


def person_by_email(address: str) -> User | None:
    """For commands."""
    return db.session.scalar(select(User).where(User.email_key == email_address.canonical(address.strip())))


def kept_id_of(account: type[Account]) -> ColumnElement[int]:
    """The account's id, or that of the account into which it was merged."""
    return func.coalesce(account.merged_into_id, account.id)


def has_code(text: str) -> ColumnElement[bool]:
    """Whether the account, or one that was merged into it, has this code."""
    merged = aliased(Account)
    of_merged = select(merged.merged_into_id).where(merged.merged_into_id.is_not(None), merged.code_key == fold(text))
    return or_(Account.code_key == fold(text), Account.id.in_(of_merged))


def has_code_like(text: str) -> ColumnElement[bool]:
    """Whether the code of the account, or of one that was merged into it, holds this text."""
    merged = aliased(Account)
    is_like = merged.code_key.contains(fold(text), autoescape=True)
    of_merged = select(merged.merged_into_id).where(merged.merged_into_id.is_not(None), is_like)
    return or_(Account.code_key.contains(fold(text), autoescape=True), Account.id.in_(of_merged))


def former_codes() -> ColumnElement[str | None]:
    """The codes of the accounts that were merged into the account."""
    merged = aliased(Account)
    codes = select(func.aggregate_strings(merged.code, ", ")).where(merged.merged_into_id == Account.id)
    return codes.correlate(Account).scalar_subquery()


def visible_orders(user: User) -> Select[tuple[Order]]:
    """A basket is seen only by the person whose it is, a draft of the distributor only by its staff. Does not decide
    who may see which price: see services/ordering/order_rights.py."""
    is_draft = Order.state == OrderState.DRAFT
    is_basket = is_draft & (Order.channel == Channel.STOREFRONT)
    mine = or_(~is_basket, Order.placed_by_id == user.id) if user.is_staff else _is_no_draft_or_own(user, is_draft)
    return select(Order).where(in_tree_of(user.account, Order.branch_id, Order.account_id), mine)


def _is_no_draft_or_own(user: User, is_draft: ColumnElement[bool]) -> ColumnElement[bool]:
    is_own = (Order.placed_by_id == user.id) & (Order.channel == Channel.STOREFRONT)
    return or_(~is_draft, is_own & (Order.account_id == user.account_id))


def listed_orders(viewer: User | Viewer, state: OrderState | None = None) -> Select[tuple[Order]]:
    """For lists: never a basket, and drafts of the distributor only for its staff. `state`: the caller limits the rows
    to this one, so that an index of it says all."""
    rows = select(Order).where(in_tree_of(viewer.account, Order.branch_id, Order.account_id))
    if state not in (None, OrderState.DRAFT):
        return rows
    drafts = Order.channel == Channel.BSS if viewer.is_staff else false()
    return rows.where(or_(Order.state != OrderState.DRAFT, drafts))


def visible_order(user: User, order_id: int) -> Order:
    """Loads everything that its page shows, except the assets. Raises NotVisible."""
    return the_one(visible_orders(user).where(Order.id == order_id).options(*loaded_orders.WHOLE))


def shown_order(user: User, order_id: int) -> Order:
    """As visible_order, in one statement: without prices of today and new customers. Raises NotVisible."""
    rows = visible_orders(user).where(Order.id == order_id).options(*loaded_orders.SHOWN)
    order = db.session.scalars(rows, execution_options={"populate_existing": True}).unique().one_or_none()
    if order is None:
        raise NotVisible()
    return order


def submitted_order(user: User, order_id: int) -> Order:
    """As shown_order; a draft does not exist here. Raises NotVisible."""
    order = shown_order(user, order_id)
    if order.state is OrderState.DRAFT:
        raise NotVisible()
    return order


def sees_order(user: User, order: Order) -> bool:
    """The rule of visible_orders for a row that is loaded."""
    own = user.account
    if own.is_distributor:
        return True
    return order.state is not OrderState.DRAFT and own.id in (order.branch_id, order.account_id)


def order_for_worker(order_id: int) -> Order:
    """As visible_order, whoever it belongs to."""
    return the_one(select(Order).where(Order.id == order_id).options(*loaded_orders.WHOLE))


def visible_price_lists(user: User) -> Select[tuple[PriceList]]:
    """Those of the person's own account as a seller. The distributor's staff see the lists of partners, too."""
    return select(PriceList).where(true() if user.is_staff else PriceList.seller_id == user.account_id)


def visible_users(user: User) -> Select[tuple[User]]:
    return (
        select(User)
        .join(User.account)
        .where(in_tree_of(user.account, Account.branch_id, Account.id))
        .options(contains_eager(User.account))
    )


def visible_user(user: User, user_id: int) -> User:
    """Raises NotVisible."""
    return the_one(visible_users(user).where(User.id == user_id))


def sees_price(user: User, asset: Asset) -> bool:
    """Prices are visible to the payer and the distributor, never to accounts below the one that is billed."""
    return user.is_staff or asset.billed_account_id == user.account_id


def price_column(user: User, column: InstrumentedAttribute) -> ColumnElement:
    """The same rule for many rows: an asset's column, or NULL if this person may not see its price."""
    if user.is_staff:
        return column
    return case((Asset.billed_account_id == user.account.id, column), else_=null())


def may_see_prices(user: User) -> bool:
    """Whether there are any prices for this person. A customer below a partner is never billed by us."""
    return user.account.pays_itself


def may_see_name(user: User, account: Account) -> bool:
    """Whether this person may read the account's name: it is in their own tree, or is the partner directly above."""
    own = user.account
    return own.is_distributor or own.id in (account.id, account.branch_id) or own.parent_id == account.id


def the_one(query: Select[tuple[Row]], values: dict[str, Any] | None = None) -> Row:
    row = db.session.scalar(query, values, execution_options={"populate_existing": True})
    if row is None:
        raise NotVisible()
    return row
