"""One row of a file of products, as it is read."""

from collections.abc import Mapping
from typing import Any

from babel.numbers import is_currency
from sqlalchemy import select

from portal.core import money
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import ProductState, ProductType
from portal.models.text_keys import fold
from portal.services.catalog import product_changes
from portal.services.catalog.prices import NO_PRICE, PriceOf
from portal.services.imports.import_columns import Cells, Shape
from portal.services.imports.reading import numbers
from portal.services.imports.reading.numbers import NumberStyle
from portal.services.imports.reading.refusals import BadCell, shown

MOST = product_changes.MOST_LICENCES
_WHOLE = {"expire_days": 3650, "validity_days": 3650, "min_quantity": MOST, "max_quantity": MOST}


class Reader:
    """Reads the cells of a row. What it cannot read it adds to `faults`, or raises as InvalidInput."""

    def __init__(self, shape: Shape, style: NumberStyle | None):
        self._shape, self._style = shape, style
        types = db.session.scalars(select(ProductType).order_by(ProductType.id))
        self._kinds = {fold(name): row.license_kind for row in types for name in (row.name, row.license_kind)}

    def details(self, cells: Cells) -> dict[str, Any]:
        """An empty cell changes nothing."""
        details: dict[str, Any] = {}
        for field in ("name", "kind", "description", *_WHOLE):
            read = cells.lines if field == "description" else cells.plain
            if text := read(field).strip():
                details[field] = self._value(field, text)
        return details

    def _value(self, field: str, text: str) -> Any:
        if field in _WHOLE:
            try:
                return numbers.whole(text, _WHOLE[field], self._style)
            except BadCell as fault:
                raise InvalidInput(field, str(fault)) from None
        if field == "kind":
            if (kind := self._kinds.get(fold(text))) is None:
                raise InvalidInput(field, _("BitTitan has no product type “%(name)s”.", name=shown(text)))
            return kind
        return text

    def _price_cells(self, cells: Cells, faults: list) -> list[tuple[str, dict[str, str]]]:
        """Currencies with what is typed for list price and cost, without those where nothing is."""
        found: dict[str, dict[str, str]] = {}
        for field in self._shape.places:
            part, _mark, currency = field.partition("_")
            if part in ("amount", "cost") and (text := cells.plain(field).strip()):
                named = currency or cells.plain("currency").strip().upper()
                found.setdefault(named, {})[part] = text
        for currency in found:
            if not is_currency(currency):
                faults.append((cells.titles["currency"], _("Write the currency of the price, such as EUR.")))
                return []
        return list(found.items())

    def state(self, cells: Cells) -> ProductState | None:
        """None if it stays, or is that of a new product."""
        text = cells.plain("state").strip()
        try:
            return ProductState(text.lower()) if text else None
        except ValueError:
            raise InvalidInput("state", _("Write Draft, Published or Withdrawn.")) from None

    def prices(self, cells: Cells, stored: Mapping[str, PriceOf]) -> tuple[dict[str, PriceOf], list[tuple[str, str]]]:
        """Those that the row sets, merged with what is stored; and faults."""
        faults: list[tuple[str, str]] = []
        price_of = {
            currency: self._merged(stored.get(currency, NO_PRICE), currency, text, cells, faults)
            for currency, text in self._price_cells(cells, faults)
        }
        return price_of, faults

    def _merged(self, price: PriceOf, currency: str, text: dict[str, str], cells: Cells, faults: list) -> PriceOf:
        for part, typed in text.items():
            try:
                price = price._replace(**{part: money.minor_units(numbers.amount_text(typed, self._style), currency)})
            except ValueError as unreadable:
                title = cells.titles.get(f"{part}_{currency}") or cells.titles[part]
                faults.append((title, f"“{shown(typed)}”: {unreadable}"))
        return price
