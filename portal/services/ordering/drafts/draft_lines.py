"""The rows of a draft: its lines, and the customers that are created with the order."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.core import access, field_rules
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Account, AccountKind, NewCustomer, Order, OrderLine, Product, ProductState, User
from portal.services import assets
from portal.services.accounts import account_rules
from portal.services.ordering.drafts.inputs import MOST_LICENCES, CustomerInput, LineInput


def line_of(
    line: LineInput, position: int, order: Order, buyer: Account,
    customers: Sequence[NewCustomer], known: dict[int, Account], by: User,
) -> OrderLine:  # fmt: skip
    field = f"lines-{position - 1}"
    product = db.session.get(Product, line.product_id)
    if product is None or (product.state is ProductState.DRAFT and not by.is_staff):
        raise InvalidInput(f"{field}-product", _("Choose a product."))
    if not 1 <= line.quantity <= MOST_LICENCES:
        raise InvalidInput(f"{field}-quantity", _("Enter a whole number from %(low)s.", low=product.min_quantity))
    typed = line.name.strip()
    is_own = typed and typed != product.name
    return OrderLine(
        order_id=order.id,
        position=position,
        key=line.key,
        product_id=product.id,
        quantity=line.quantity,
        name=field_rules.name(typed, f"{field}-name", assets.LONGEST_NAME) if is_own else "",
        **_user_of(line, field, buyer, customers, known),
    )


def _user_of(
    line: LineInput, field: str, buyer: Account, customers: Sequence[NewCustomer], known: dict[int, Account]
) -> dict[str, int | None]:
    """The columns that say who will use the licences."""
    if line.new_customer is not None:
        if buyer.kind is not AccountKind.PARTNER or not 0 <= line.new_customer < len(customers):
            raise InvalidInput(f"{field}-account", _("Choose the account that will use the licences."))
        return {"account_id": None, "new_customer_id": customers[line.new_customer].id}
    account = buyer if line.account_id in (None, buyer.id) else known.get(line.account_id)
    if account is None or buyer.id not in (account.id, account.parent_id):
        raise InvalidInput(f"{field}-account", _("Choose the account that will use the licences."))
    return {"account_id": account.id, "new_customer_id": None}


def are_in(order: Order, lines: Sequence[LineInput]) -> bool:
    """Whether the order has just these products, quantities and accounts, in this order."""
    columns = (OrderLine.product_id, OrderLine.quantity, OrderLine.account_id)
    rows = db.session.execute(select(*columns).where(OrderLine.order_id == order.id).order_by(OrderLine.position))
    wanted = [(line.product_id, line.quantity, line.account_id or order.account_id) for line in lines]
    return [tuple(row) for row in rows] == wanted


def accounts(ids: set[int], by: User) -> dict[int, Account]:
    if not ids:
        return {}
    rows = access.visible_accounts(by).where(Account.id.in_(ids))
    return {account.id: account for account in db.session.scalars(rows)}


def customer_of(customer: CustomerInput, place: int, order: Order) -> NewCustomer:
    field = f"new_customers-{place}"
    try:
        values = account_rules.checked(
            {"name": customer.name, "country": customer.country, "contact_email": customer.contact_email}
        )
    except InvalidInput as wrong:
        raise InvalidInput(f"{field}-{wrong.field}", wrong.message) from wrong
    return NewCustomer(order_id=order.id, is_another=customer.is_another, **values)
