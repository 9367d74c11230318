"""The form of a product: what it is, its limits, and a row of prices for each currency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Self

from flask import request
from wtforms import Field, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from portal.core import money, spelling
from portal.core.errors import StaleVersion
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, locale_now
from portal.models import MAX_DAYS, Product, ProductType, User
from portal.services.accounts import account_rules
from portal.services.catalog import margins
from portal.services.catalog.prices import PriceOf
from portal.services.catalog.product_changes import LONGEST, MOST_LICENCES
from portal.web.forms import LongSelect, Text, WholeNumber, one_line, strip
from portal.web.forms.action_forms import ActForm

_DAYS = {"filters": [strip], "validators": [WholeNumber(1, MAX_DAYS)]}
OTHER = "other"
"""The row for a currency that has no row yet."""


class _Amount:
    """Validator: an amount of money in the currency of its row; empty is allowed."""

    def __call__(self, form: "ProductForm", field: StringField) -> None:
        currency = form.currency_of(field)
        if not field.data:
            return
        if not currency:
            raise ValidationError(_("Choose the currency."))
        try:
            money.minor_units(field.data, currency)
        except ValueError as unreadable:
            raise ValidationError(str(unreadable)) from unreadable


class _Most(WholeNumber):
    def __call__(self, form: ActForm, field: StringField) -> None:
        if field.data:
            super().__call__(form, field)


@dataclass(frozen=True)
class PriceRow:
    currency: str
    accounts: int
    """That pay in this currency."""
    amount: Field
    cost: Field
    price: PriceOf | None
    """As typed; None if it cannot be read."""

    @property
    def margin(self) -> Decimal | None:
        return self.price and margins.margin(self.price)

    @property
    def markup(self) -> Decimal | None:
        return self.price and margins.markup(self.price)

    @property
    def is_below_cost(self) -> bool:
        return self.price is not None and margins.is_below_cost(self.price)


class ProductForm(ActForm):
    code = StringField(lazy("Code"), filters=[strip], validators=[Text(40, empty=lazy("Enter a code."))])
    name = StringField(lazy("Name"), filters=[one_line], validators=[Text(120, empty=lazy("Enter a name."))])
    kind = SelectField(lazy("Product type"), validate_choice=False)
    description = TextAreaField(
        lazy("Description in the shop"), filters=[strip], validators=[Text(LONGEST["description"])]
    )
    expire_days = StringField(lazy("Expire (days)"), **_DAYS)
    validity_days = StringField(lazy("Validity (days)"), **_DAYS)
    min_quantity = StringField(lazy("Fewest licences"), filters=[strip], validators=[WholeNumber(1, MOST_LICENCES)])
    max_quantity = StringField(lazy("Most licences"), filters=[strip], validators=[_Most(1, MOST_LICENCES)])
    other_currency = SelectField(lazy("Currency"), validate_choice=False, widget=LongSelect())

    accounts: dict[str, int]

    @classmethod
    def of(
        cls, types: Sequence[ProductType], accounts: dict[str, int], product: Product | None, copied: Product | None
    ) -> Self:
        """`accounts`: how many pay in each currency. `copied`: the product whose values a new one begins with."""
        form = _with_rows(tuple(accounts))(data=_values(product or copied, is_new=product is None))
        form.accounts = accounts
        if product is not None and product.first_sold_at is not None:
            for fixed in ("code", "name", "kind"):
                del form[fixed]
        else:
            choices = [(each.license_kind, each.name) for each in types if each.sku_id or _is_of(product, each)]
            form.kind.choices = choices if product is not None else [("", _("Choose a product type")), *choices]
        others = [each for each in account_rules.currencies(locale_now()) if each[0] not in accounts]
        form.other_currency.choices = [("", "–"), *((code, f"{code} {name}") for code, name in others)]
        return form

    def is_to_be_saved(self) -> bool:
        """False if the person only wants to see what the prices lead to."""
        return self.is_submitted() and self.validate() and request.form.get("act") != "check"

    def validate_kind(self, field) -> None:
        if field.data not in {value for value, _text in field.choices if value}:
            raise ValidationError(_("Choose a product type."))

    def validate_other_currency(self, field) -> None:
        if field.data and field.data not in {value for value, _text in field.choices}:
            raise ValidationError(_("Choose the currency."))

    def currency_of(self, field: Field) -> str:
        currency = field.name.partition("_")[2]
        return self.other_currency.data or "" if currency == OTHER else currency

    @property
    def rows(self) -> Iterable[PriceRow]:
        for currency in (*self.accounts, OTHER):
            amount, cost = self[f"amount_{currency}"], self[f"cost_{currency}"]
            yield PriceRow(currency, self.accounts.get(currency, 0), amount, cost, self._price(amount, cost))

    @property
    def status(self) -> int:
        if self.refusal:
            return 409
        return 422 if self.is_submitted() and self.errors else 200

    def values(self, by: User) -> dict[str, Any]:
        names = [name for name in ("code", "name", "kind", "description") if name in self]
        details: dict[str, Any] = {name: self[name].data or "" for name in names}
        for name in ("expire_days", "validity_days", "min_quantity"):
            details[name] = int(self[name].data)
        details["max_quantity"] = int(self.max_quantity.data) if self.max_quantity.data else None
        price_of = {row.currency: row.price for row in self.rows if row.currency != OTHER}
        if self.other_currency.data:
            price_of[self.other_currency.data] = self._price(self[f"amount_{OTHER}"], self[f"cost_{OTHER}"])
        return {"details": details, "price_of": price_of, "by": by}

    def differences(self, product: Product) -> list[tuple[str, str, str]]:
        """After a conflict: (label, the person's input, the current value) of each field that differs. Takes the
        current version, so that saving again replaces what is there."""
        if not isinstance(self.refusal, StaleVersion):
            return []
        self.version.data = str(product.version)
        current = _values(product, is_new=False)
        typed = [(field, field.data or "") for field in self if field.name in current and field.name != "version"]
        return [
            (_label(field), text, current[field.name] or "")
            for field, text in typed
            if not spelling.is_same(field.name, current[field.name], text)
        ]

    def _price(self, amount: Field, cost: Field) -> PriceOf | None:
        currency = self.currency_of(amount)
        if not currency:
            return PriceOf(None, None)
        try:
            return PriceOf(*(money.minor_units(each.data, currency) if each.data else None for each in (amount, cost)))
        except ValueError:
            return None


def _label(field: Field) -> str:
    part, _mark, currency = field.name.partition("_")
    return f"{field.label.text}, {currency}" if part in ("amount", "cost") else field.label.text


def _is_of(product: Product | None, kind: ProductType) -> bool:
    return product is not None and product.type_id == kind.id


@lru_cache(maxsize=50)
def _with_rows(currencies: tuple[str, ...]) -> type[ProductForm]:
    """The form with two fields for each currency; the classes are kept, as WTForms reads the fields of a class once."""
    fields = {}
    for currency in (*currencies, OTHER):
        fields[f"amount_{currency}"] = StringField(
            lazy("List price"), filters=[strip], validators=[Text(40), _Amount()]
        )
        fields[f"cost_{currency}"] = StringField(lazy("Cost"), filters=[strip], validators=[Text(40), _Amount()])
    return type("ProductFormWithPrices", (ProductForm,), fields)


def _values(product: Product | None, *, is_new: bool) -> dict[str, str | None]:
    if product is None:
        return {"expire_days": "365", "validity_days": "365", "min_quantity": "1"}
    values = {
        "name": product.name, "kind": product.type.license_kind, "description": product.description,
        "expire_days": str(product.expire_days), "validity_days": str(product.validity_days),
        "min_quantity": str(product.min_quantity),
        "max_quantity": None if product.max_quantity is None else str(product.max_quantity),
    }  # fmt: skip
    for price in product.prices:
        for part, amount in (("amount", price.amount), ("cost", price.cost)):
            if amount is not None:
                values[f"{part}_{price.currency}"] = money.major_units(amount, price.currency)
    return values if is_new else values | {"code": product.code, "version": str(product.version)}
