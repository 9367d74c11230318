"""After a conflict: what was typed in this tab beside what another one has stored."""

from collections.abc import Sequence
from itertools import zip_longest

from werkzeug.datastructures import MultiDict

from portal.core import access
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.models import Order, User
from portal.services import catalog
from portal.storefront.shop.basket_input import NEW, BasketInput

Difference = tuple[str, str, str]
"""What, as it was typed, and as it is stored now."""


def differences(order: Order, form: MultiDict, products: Sequence[int], viewer: User) -> list[Difference]:
    """`products`: of the lines that the person saw."""
    words = _Words(viewer)
    typed = [
        words.line(product_id, *(form.get(f"lines-{place}-{name}", "") for name in ("quantity", "name", "account")),
                   new=lambda number: form.get(f"new_customers-{number}-name" if number else "new_customer-name", ""))
        for place, product_id in enumerate(products)
    ]  # fmt: skip
    stored = BasketInput.of(order)
    now = [
        words.line(line.stored.product_id, line.quantity, line.name, line.account,
                   new=lambda number: stored.customers[int(number)].name)
        for line in stored.lines
    ]  # fmt: skip
    lines = [
        (_("Line %(number)s", number=place), before, after)
        for place, (before, after) in enumerate(zip_longest(typed, now, fillvalue=""), start=1)
    ]
    rest = [
        (_("Purchase order number"), form.get("po_number", "").strip(), order.po_number),
        (_("Note"), form.get("note", "").replace("\r\n", "\n").strip(), order.note),
    ]
    return [(what, before or "–", after or "–") for what, before, after in (*lines, *rest) if before != after]


class _Words:
    def __init__(self, viewer: User):
        self._viewer = viewer
        self._products = {product.id: product.name for product in catalog.visible_products(viewer)}
        self._accounts = {str(viewer.account_id): _("yourselves"), "": _("yourselves")}

    def line(self, product_id: int, quantity: str, name: str, account: str, *, new) -> str:
        """Such as: 25 × Mailbox License for Brightwood Dental, “Reception”."""
        product = self._products.get(product_id, "–")
        is_new = account == NEW or (account.startswith(f"{NEW}-") and account[4:].isdigit())
        whom = new(account[4:]) if is_new else self._account(account)
        text = _("%(quantity)s × %(product)s for %(name)s", quantity=quantity.strip(), product=product, name=whom)
        return f"{text}, “{name.strip()}”" if name.strip() not in ("", product) else text

    def _account(self, text: str) -> str:
        if text not in self._accounts:
            try:
                self._accounts[text] = access.visible_account(self._viewer, row_id(text) or 0).name
            except NotVisible:
                self._accounts[text] = "–"
        return self._accounts[text]
