"""The sheets of a leaving pack: accounts, orders, invoices, and assets with their codes.

They hold what people of the leaving account may see: nothing for staff alone, no price that somebody else pays, and no
name of another account's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Row, and_, case, false, null, select, true
from sqlalchemy.orm import aliased

from portal.core import access
from portal.core.csv_safe import Cells
from portal.core.i18n import gettext as _
from portal.core.money import major_units
from portal.models import (
    Account,
    Asset,
    Coupon,
    CouponStanding,
    Invoice,
    InvoiceKind,
    Order,
    OrderLine,
    OrderState,
    Product,
    User,
)
from portal.services.leaving_packs.keyset import batches


@dataclass(frozen=True)
class Batch:
    lines: Sequence[Cells]
    revealed: Sequence[int] = field(default_factory=list)
    """The assets whose codes are in it."""


@dataclass(frozen=True)
class Sheet:
    name: str
    about: str
    """A sentence for the README."""
    heads: Cells
    read: Callable[[Account], Iterator[Batch]]


def has_shown_code() -> ColumnElement[bool]:
    """While another asset claims a code, nobody sees it."""
    return and_(Coupon.asset_id == Asset.id, Coupon.standing == CouponStanding.RECORDED, Coupon.disputed_at.is_(None))


def person_name(account: Account, person: type[User], home: type[Account]) -> ColumnElement[str | None]:
    """The name of a person of the tree, the distributor's name for its staff, and nobody else's. `home`: the person's
    account, joined."""
    own = access.in_tree_of(account, home.branch_id, home.id)
    return case((home.parent_id.is_(None), home.name), (own, person.name), else_=null())


def _accounts(account: Account) -> Iterator[Batch]:
    parent = aliased(Account)
    in_tree = access.in_tree_of(account, Account.branch_id, Account.id)
    above = case((Account.id == account.id, null()), else_=parent.code)
    rows = (
        select(Account, above, Account.id)
        .outerjoin(parent, parent.id == Account.parent_id)
        .where(in_tree, access.IS_NOT_MERGED)
    )
    for found in batches(rows, Account.id):
        yield Batch([_account(row, parent_code) for row, parent_code, _id in found])


def _account(row: Account, parent_code: str | None) -> Cells:
    return _texts(
        row.code, row.name, row.kind.value, parent_code, row.bittitan_email, row.organization_name, row.contact_email,
        row.billing_email, row.address, row.postcode, row.city, row.country, row.vat_number, row.currency,
        row.language, row.created_at, row.disabled_at,
    )  # fmt: skip


def _orders(account: Account) -> Iterator[Batch]:
    """A row for each line. Lines for accounts that are not in the tree any more say no more than what was bought."""
    buyer, user, payer, home = (
        aliased(Account),
        aliased(Account),
        Order.billed_account_id == account.id,
        aliased(Account),
    )
    is_own = access.in_tree_of(account, user.branch_id, user.id)

    def own(column: ColumnElement) -> ColumnElement:
        return case((is_own, column), else_=null())

    def paid(column: ColumnElement) -> ColumnElement:
        return case((payer, column), else_=null())

    rows = (
        select(
            Order.state, buyer.code, person_name(account, User, home), Order.po_number, own(user.code),
            own(OrderLine.name), own(OrderLine.asset_id), OrderLine.product_code, OrderLine.product_name,
            OrderLine.quantity, paid(OrderLine.unit_price), paid(OrderLine.currency), Order.executed_at,
            Order.placed_at, Order.id, OrderLine.position,
        )
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(buyer, buyer.id == Order.account_id)
        .outerjoin(user, user.id == OrderLine.account_id)
        .outerjoin(User, User.id == Order.placed_by_id)
        .outerjoin(home, home.id == User.account_id)
        .where(access.in_tree_of(account, Order.branch_id, Order.account_id), Order.state != OrderState.DRAFT)
    )  # fmt: skip
    for found in batches(rows, Order.placed_at, Order.id, OrderLine.position):
        yield Batch([_order_line(row) for row in found])


def _order_line(row: Row) -> Cells:
    state, buyer, who, po_number, user, name, asset_id, code, product, quantity, price, currency, executed = row[:13]
    placed_at, order_id, position = row[13:]
    return _texts(
        f"ORD-{order_id}", placed_at, state.value, buyer, who, po_number, position, user, name,
        f"AS-{asset_id}" if asset_id else None, code, product, quantity, _money(price, currency),
        _money(None if price is None else price * quantity, currency), currency, executed,
    )  # fmt: skip


def _invoices(account: Account) -> Iterator[Batch]:
    """Those that the account itself is billed."""
    corrected = aliased(Invoice)
    rows = (
        select(Invoice, corrected.number, Invoice.issued_on, Invoice.id)
        .outerjoin(corrected, corrected.id == Invoice.corrects_id)
        .where(is_billed_to(account))
    )
    for found in batches(rows, Invoice.issued_on, Invoice.id):
        yield Batch([_invoice(row[0], row[1]) for row in found])


def is_billed_to(account: Account) -> ColumnElement[bool]:
    return and_(Invoice.billed_account_id == account.id, Invoice.number.is_not(None))


def _invoice(row: Invoice, corrects: str | None) -> Cells:
    sign = -1 if row.kind is InvoiceKind.CREDIT_NOTE else 1
    amounts = [_money(sign * amount, row.currency) for amount in (row.net, row.vat, row.gross, row.settled)]
    return _texts(
        row.number, row.kind.value, corrects, row.issued_on, row.due_on, row.buyer_name, row.po_number, *amounts,
        row.currency, row.paid_at,
    )  # fmt: skip


def _assets(account: Account) -> Iterator[Batch]:
    is_payer = Asset.billed_account_id == account.id
    rows = (
        select(
            Asset, Account.code, Account.name, Product.code, Product.name, Coupon,
            case((is_payer, true()), else_=false()), Asset.purchased_on, Asset.id,
        )
        .join(Account, Account.id == Asset.account_id)
        .join(Product, Product.id == Asset.product_id)
        .outerjoin(Coupon, has_shown_code())
        .where(access.in_tree_of(account, Asset.branch_id, Asset.account_id))
    )  # fmt: skip
    for found in batches(rows, Asset.purchased_on, Asset.id):
        yield Batch([_asset(row) for row in found], [row.Asset.id for row in found if row.Coupon is not None])


def _asset(row: Row) -> Cells:
    asset, code, name, product_code, product, coupon, pays = row[:7]
    of_coupon = (coupon.code, coupon.status, coupon.redeemed_at, coupon.is_verified) if coupon else (None,) * 4
    money = (_money(asset.unit_price, asset.currency), _money(asset.total, asset.currency), asset.currency)
    return _texts(
        asset.number, asset.name, code, name, product_code, product, asset.quantity, asset.lifecycle.value,
        asset.sync_status.value, *of_coupon, asset.redeem_by, asset.issued_at, asset.expire_days, asset.validity_days,
        asset.purchased_on, f"ORD-{asset.order_id}" if asset.order_id else None, *(money if pays else (None,) * 3),
    )  # fmt: skip


def _money(amount: int | None, currency: str | None) -> str | None:
    return None if amount is None or currency is None else major_units(amount, currency)


def _texts(*values: object) -> Cells:
    return tuple("" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
                 for value in values)  # fmt: skip


def accounts() -> Sheet:
    heads = (
        _("Code"), _("Name"), _("Type"), _("Below"), _("BitTitan e-mail"), _("Organization"), _("Contact e-mail"),
        _("Billing e-mail"), _("Street"), _("Postcode"), _("Town"), _("Country"), _("VAT number"), _("Currency"),
        _("Language"), _("Created"), _("Disabled"),
    )  # fmt: skip
    return Sheet("accounts.csv", _("the account and its customers"), heads, _accounts)


def orders() -> Sheet:
    heads = (
        _("Order"), _("Placed"), _("State"), _("Buyer"), _("Placed by"), _("Purchase order"), _("Line"),
        _("Account code"), _("Asset name"), _("Asset"), _("Product code"), _("Product"), _("Licences"), _("Price"),
        _("Total"), _("Currency"), _("Executed"),
    )  # fmt: skip
    return Sheet("orders.csv", _("a row for each line of each order"), heads, _orders)


def invoices() -> Sheet:
    heads = (
        _("Number"), _("Kind"), _("Corrects"), _("Issued"), _("Due"), _("Buyer"), _("Purchase order"), _("Net"),
        _("VAT"), _("Total"), _("Settled"), _("Currency"), _("Paid"),
    )  # fmt: skip
    return Sheet(
        "invoices.csv", _("invoices and credit notes; their files are in the folder invoices"), heads, _invoices
    )


def assets() -> Sheet:
    heads = (
        _("Asset"), _("Name"), _("Account code"), _("Account"), _("Product code"), _("Product"), _("Licences"),
        _("Lifecycle"), _("Sync status"), _("Coupon code"), _("At BitTitan"), _("Redeemed"), _("Verified"),
        _("Redeem by"), _("Issued"), _("Expire (days)"), _("Validity (days)"), _("Purchased"), _("Order"), _("Price"),
        _("Total"), _("Currency"),
    )  # fmt: skip
    return Sheet("assets.csv", _("each asset with its whole coupon code"), heads, _assets)
