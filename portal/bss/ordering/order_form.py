"""The order form: account, product, quantity, friendly name."""

import uuid
from functools import cached_property
from typing import Self

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import UUID, ValidationError

from portal.core import clock
from portal.core.i18n import lazy as _
from portal.display.lists.list_address import row_id
from portal.models import Product, User
from portal.services.catalog import resolution
from portal.services.catalog.resolution import AgreedPrice
from portal.services.ordering import offers
from portal.services.ordering.offers import Offer, Offers
from portal.web.filters import money
from portal.web.forms import Text, WholeNumber, one_line, strip
from portal.web.forms.action_forms import ActForm
from portal.web.security.sessions import draft_for

MOST = 1_000_000


class OrderForm(ActForm):
    key = HiddenField(validators=[UUID()])
    """Made with the empty form, so that a form that is sent twice orders once."""
    account = SelectField(_("Account"), validate_choice=False)
    product = SelectField(_("Product"), validate_choice=False)
    quantity = StringField(_("Licences"), filters=[strip], validators=[WholeNumber(1, MOST)])
    name = StringField(_("Friendly name"), filters=[one_line], validators=[Text(120)])

    offers: Offers
    products: list[Product]
    term: str

    @classmethod
    def of(cls, user: User, args: MultiDict) -> Self:
        draft = draft_for(request.path)
        values = {name: args.get(name, "") for name in ("account", "product", "quantity", "name")}
        form = cls(formdata=draft) if draft is not None else cls(data=values | {"key": str(uuid.uuid4())})
        form.term = args.get("q", "")[:100].replace("\0", "")
        form.offers = offers.offers(user, form.term, row_id(form.account.data))
        form.products = offers.orderable_products()
        form.account.choices = [
            ("", _("Choose an account")),
            *((str(offer.account.id), _label(offer)) for offer in form.offers.rows),
        ]
        form.product.choices = [
            ("", _("Choose a product")),
            *((str(product.id), product.name) for product in form.products),
        ]
        return form

    def is_to_be_placed(self) -> bool:
        return self.is_submitted() and self.validate() and "preview" not in request.form

    def validate_account(self, field) -> None:
        if self.offer is None:
            raise ValidationError(_("Choose the account that will use the licences."))

    def validate_product(self, field) -> None:
        if self.chosen is None:
            raise ValidationError(_("Choose a product."))

    @property
    def status(self) -> int:
        if self.refusal:
            return 409
        return 422 if self.is_submitted() and self.errors else 200

    @property
    def offer(self) -> Offer | None:
        return self.offers.of(row_id(self.account.data))

    @property
    def chosen(self) -> Product | None:
        return next((product for product in self.products if product.id == row_id(self.product.data)), None)

    @cached_property
    def price(self) -> AgreedPrice | None:
        """In the currency of the billed account."""
        if not self.chosen or not self.offer:
            return None
        agreed = resolution.price_of(self.offer.billed, self.chosen, self._quantity or 1, clock.today())
        return None if agreed.amount is None else agreed

    @property
    def total(self) -> str | None:
        if not self.price or self._quantity is None:
            return None
        return money(self.price.amount * self._quantity, self.price.currency)

    @property
    def _quantity(self) -> int | None:
        digits = self.quantity.data or ""
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 8 else None

    def values(self, by: User) -> dict:
        return {
            "key": self.key.data,
            "account_id": self.offer.account.id,
            "product_id": self.chosen.id,
            "quantity": int(self.quantity.data),
            "name": self.name.data or self.chosen.name,
            "by": by,
        }


def _label(offer: Offer) -> str:
    account = offer.account
    name = f"{account.name} ({account.code})"
    return name if offer.is_synchronized else _("%(name)s, not synchronized", name=name)
