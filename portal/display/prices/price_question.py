"""The page “What does this account pay, and why?”: the question, and each step of the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from werkzeug.datastructures import MultiDict
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired

from portal.core import access, clock
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.account_choice import AccountChoice
from portal.display.lists.list_address import row_id
from portal.display.prices.price_sheet import Amounts
from portal.models import Account, AccountKind, PriceLine, Product, User
from portal.services.catalog import price_lists, resolution
from portal.services.catalog.product_changes import MOST_LICENCES
from portal.services.catalog.resolution import AgreedPrice, Source
from portal.web.forms import WholeNumber, strip
from portal.web.forms.days import DAY, DayField


class PriceQuestion(AccountChoice):
    """The address of the answer has only ids."""

    product = SelectField(lazy("Product"), validate_choice=False)
    quantity = StringField(lazy("Licences"), filters=[strip], validators=[WholeNumber(1, MOST_LICENCES)])
    day = DayField(lazy("On"), validators=[InputRequired(DAY)])

    @classmethod
    def about(cls, products: Sequence[Product], answered: "Answer | None" = None) -> Self:
        values = {"quantity": "1", "day": clock.today()}
        if answered is not None:
            values |= {
                "account": answered.account.code, "product": str(answered.agreed.product.id),
                "quantity": str(answered.quantity), "day": answered.day,
            }  # fmt: skip
        form = cls(data=values)
        form.product.choices = [(str(product.id), f"{product.name} ({product.code})") for product in products]
        return form

    def address(self, viewer: User) -> dict[str, str] | None:
        """The parameters of the answer's address. None if the question cannot be answered; its fields say why."""
        if not self.validate():
            return None
        if (account := self.found(viewer)) is None:
            return None
        if self.product.data not in {value for value, _text in self.product.choices}:
            self.product.errors = [_("Choose a product.")]
            return None
        return {
            "account": str(account.id), "product": self.product.data, "quantity": self.quantity.data,
            "day": self.day.data.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True)
class Answer:
    account: Account
    agreed: AgreedPrice
    quantity: int
    day: date
    own_lists: Sequence
    """All that are assigned to the account."""
    above: "Answer | None"
    """What the account's partner pays, for whom the answer is about a partner's customer."""

    @property
    def seller(self) -> Account:
        return self.account.parent

    @property
    def payer(self) -> "Answer":
        """Of the account that the distributor bills."""
        return self.above or self

    @property
    def earned(self) -> Amounts:
        """By the distributor, for one licence. For the staff only."""
        agreed = self.payer.agreed
        listed = next((price for price in agreed.product.prices if price.currency == agreed.currency), None)
        return Amounts(agreed.amount, agreed.list_price, None if listed is None else listed.cost, None)

    @property
    def resold(self) -> Amounts:
        """What a partner earns on a licence that it resells."""
        paid = None if self.above is None else self.above.agreed
        is_comparable = paid is not None and paid.currency == self.agreed.currency
        return Amounts(self.agreed.amount, self.agreed.list_price, paid.amount if is_comparable else None, None)

    @property
    def total(self) -> int | None:
        return None if self.agreed.amount is None else self.agreed.amount * self.quantity

    def decides(self, source: Source) -> bool:
        return self.agreed.source is source

    def is_chosen(self, line: PriceLine) -> bool:
        return self.agreed.line is not None and self.agreed.line.id == line.id

    def fits(self, line: PriceLine) -> bool:
        return line.min_quantity <= self.quantity


def answered(viewer: User, args: MultiDict, products: Sequence[Product]) -> Answer | None:
    """Reads the address of an answer. None if it asks nothing. Raises NotVisible for what is not there."""
    if "account" not in args:
        return None
    account = access.visible_account(viewer, row_id(args["account"]) or 0)
    product = next((each for each in products if each.id == row_id(args.get("product"))), None)
    quantity = row_id(args.get("quantity"))
    try:
        day = date.fromisoformat(args.get("day", ""))
    except ValueError:
        day = None
    if product is None or quantity is None or quantity > MOST_LICENCES or day is None or account.is_distributor:
        raise NotVisible()
    return _answer(account, product, quantity, day)


def _answer(account: Account, product: Product, quantity: int, day: date) -> Answer:
    agreed = resolution.price_of(account, product, quantity, day)
    parent = account.parent
    is_above = parent is not None and parent.kind is AccountKind.PARTNER
    above = _answer(parent, product, quantity, day) if is_above else None
    return Answer(account, agreed, quantity, day, price_lists.holding(account), above)
