"""Orders of the world: executed ones with their lines, drafts and submitted ones."""

from portal.extensions import db
from portal.models import Account, AccountKind, Asset, Channel, NewCustomer, Order, OrderLine, OrderState, Product, User
from tests.saved import now, saved


class OrderBuilder:
    def order(self, account: Account | None = None, **columns) -> Order:
        """Executed, without lines, unless told otherwise."""
        with self.transaction():
            return self._order(account or self.customer, **columns)

    def waiting_order(self, account: Account | None = None, *, lines: int = 1, **columns) -> Order:
        """Not executed yet, of 25 mailboxes a line; it waits for an approval unless told otherwise."""
        given = {"state": OrderState.AWAITING_APPROVAL, "executed_at": None, "po_number": "PO-7"} | columns
        account = account or self.customer
        with self.transaction():
            order = self._order(account, placed_by_id=given.pop("placed_by_id", None), **given)
            payer = db.session.get(Account, order.billed_account_id)
            price = next((each for each in self.mailbox.prices if each.currency == payer.currency), None)
            for position in range(1, lines + 1):
                self._waiting_line(order, position, account, payer, price.amount if price else None)
            return order

    def _waiting_line(
        self, order: Order, position: int, account: Account, payer: Account, price: int | None
    ) -> None:  # fmt: skip
        product = self.mailbox
        order.lines_count, order.licences, order.currency = position, 25 * position, payer.currency
        order.total = None if price is None else 25 * position * price
        columns = {}
        if payer.id != account.id:
            columns = {"customer_currency": account.currency, "customer_price": price and price + 100}
            order.customer_currency, order.customer_total = account.currency, 25 * position * ((price or 0) + 100)
        saved(
            OrderLine(
                order_id=order.id, position=position, account_id=account.id, product_id=product.id, quantity=25,
                name=product.name, product_code=product.code, product_name=product.name,
                product_type=product.type.name, expire_days=365, validity_days=365, currency=payer.currency,
                unit_price=price, **columns,
            )
        )  # fmt: skip

    def _order(self, account: Account, **columns) -> Order:
        payer = columns.pop("billed_account", None) or self.payer_of(account)
        values = {
            "key": f"order-{next(self._numbers)}",
            "placed_by_id": self.dana.id,
            "placed_at": now(),
            "state": OrderState.EXECUTED,
            "executed_at": now(),
        } | columns
        branch_id = account.branch_id or account.id
        return saved(Order(account_id=account.id, branch_id=branch_id, billed_account_id=payer.id, **values))

    def basket(self, person: User) -> Order:
        """25 mailboxes; and, if it is a partner's, five bundles for a new customer."""
        with self.transaction():
            account = db.session.get(Account, person.account_id)
            order = self._order(
                account, state=OrderState.DRAFT, channel=Channel.STOREFRONT, placed_by_id=person.id, executed_at=None
            )
            saved(
                OrderLine(order_id=order.id, position=1, account_id=account.id, product_id=self.mailbox.id, quantity=25)
            )
            if account.kind is AccountKind.PARTNER:
                new = saved(NewCustomer(order_id=order.id, name="Lakeside School", country="CH"))
                line = {"position": 2, "new_customer_id": new.id, "product_id": self.bundle.id, "quantity": 5}
                saved(OrderLine(order_id=order.id, **line))
            return order

    def payer_of(self, account: Account) -> Account:
        """The partner for its customers, else the account itself."""
        if account.branch_id in (None, account.id):
            return account
        return db.session.get(Account, account.branch_id)

    def _order_with(self, asset: Asset, account: Account, payer: Account, product: Product) -> None:
        """Saves both. What is known at once is written at once: assets are made by the thousand."""
        sums = {"lines_count": 1, "licences": asset.quantity, "currency": asset.currency, "total": asset.total}
        order = self._order(account, billed_account=payer, **sums)
        asset.order_id = order.id
        saved(asset)
        db.session.add(
            OrderLine(
                order_id=order.id, position=1, account_id=asset.account_id, product_id=product.id,
                quantity=asset.quantity, name=asset.name, asset_id=asset.id, product_code=product.code,
                product_name=product.name, product_type=product.type.name, expire_days=asset.expire_days,
                validity_days=asset.validity_days, currency=asset.currency, unit_price=asset.unit_price,
            )
        )  # fmt: skip
