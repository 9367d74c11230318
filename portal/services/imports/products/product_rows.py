"""One row of a file of products: what it changes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from babel.numbers import is_currency
from sqlalchemy import select

from portal.core import field_rules, money
from portal.core.audit import Actor
from portal.core.errors import DomainError, InvalidInput
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Product, ProductType
from portal.models.text_keys import fold
from portal.services.catalog import prices, product_changes
from portal.services.catalog.prices import NO_PRICE, PriceOf
from portal.services.imports.import_columns import Cells, Shape
from portal.services.imports.reading import numbers
from portal.services.imports.reading.numbers import NumberStyle
from portal.services.imports.reading.refusals import BadCell, shown

MOST = product_changes.MOST_LICENCES
_POINT = re.compile(r"(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?")
"""1.234,50; also without the points."""
_WHOLE = {"expire_days": 3650, "validity_days": 3650, "min_quantity": MOST, "max_quantity": MOST}


class Change(NamedTuple):
    field: str
    """A field of the product, or `amount_EUR`, `cost_EUR`."""
    before: Any
    after: Any


@dataclass(frozen=True)
class SheetRow:
    line: int
    code: str
    name: str = ""
    is_new: bool = False
    changes: tuple[Change, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    """Columns and sentences."""


class Target:
    """The products that the rows change, and all product types. They are locked at first and in one order, so that two
    people who save several products at once wait for each other instead of deadlocking."""

    def __init__(self, records: Sequence[Cells], shape: Shape, style: NumberStyle | None, by: Actor):
        self._shape, self._style, self._by = shape, style, by
        codes = {code for cells in records if (code := _code(cells)) and code.isprintable()}
        db.session.execute(select(Product.id).where(Product.code.in_(codes)).order_by(Product.id).with_for_update())
        types = db.session.scalars(select(ProductType).order_by(ProductType.id).with_for_update())
        self._kinds = {fold(name): row.license_kind for row in types for name in (row.name, row.license_kind)}

    def carry_out(self, cells: Cells) -> SheetRow:
        """Inside a transaction. Raises InvalidInput and other kinds of DomainError before it writes."""
        if not cells.check_form():
            return SheetRow(cells.record.line, "", faults=tuple(cells.faults))
        code = _code(cells)
        row = self._product(code)
        details, price_of, faults = self._details(cells), {}, []
        for currency, text in self._prices(cells, faults):
            price_of[currency] = self._merged(row, currency, text, cells, faults)
        if faults:
            return SheetRow(cells.record.line, code, faults=tuple(faults))
        before = _facts(row)
        if row is None:
            row = product_changes.add({"code": code} | details, price_of, by=self._by, is_draft=True)
        else:
            product_changes.change(row, details, price_of, by=self._by)
        after = _facts(row)
        changes = tuple(
            Change(field, before.get(field), after.get(field))
            for field in after | before
            if before.get(field) != after.get(field)
        )
        return SheetRow(cells.record.line, code, row.name, is_new=not before, changes=changes)

    def refused(self, cells: Cells, refusal: DomainError) -> SheetRow:
        field = refusal.field if isinstance(refusal, InvalidInput) else ""
        titles = cells.titles
        return SheetRow(cells.record.line, shown(_code(cells)), faults=((titles.get(field, ""), refusal.message),))

    def _product(self, code: str) -> Product | None:
        if not code:
            raise InvalidInput("code", _("It is empty. Write the product’s code."))
        field_rules.kept_text(code, "code", product_changes.LONGEST["code"])
        query = select(Product).where(Product.code == code).with_for_update()
        return db.session.scalar(query.execution_options(populate_existing=True))

    def _details(self, cells: Cells) -> dict[str, Any]:
        """An empty cell changes nothing."""
        details: dict[str, Any] = {}
        for field in ("name", "kind", "description", *_WHOLE):
            if text := cells.plain(field).strip():
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

    def _prices(self, cells: Cells, faults: list) -> list[tuple[str, dict[str, str]]]:
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

    def _merged(
        self, row: Product | None, currency: str, text: dict[str, str], cells: Cells, faults: list
    ) -> PriceOf:  # fmt: skip
        """The price that is there, with what the row says instead."""
        price = NO_PRICE if row is None else prices.prices_of(row).get(currency, NO_PRICE)
        for part, typed in text.items():
            try:
                price = price._replace(**{part: money.minor_units(self._plain_number(typed), currency)})
            except ValueError as unreadable:
                title = cells.titles.get(f"{part}_{currency}") or cells.titles[part]
                faults.append((title, f"“{shown(typed)}”: {unreadable}"))
        return price

    def _plain_number(self, text: str) -> str:
        """With a point before the decimals, as the person said that numbers are written. Raises ValueError for a number
        that is written in another way, or that may be a thousand or a fraction and nobody said which."""
        if self._style is NumberStyle.POINT:
            if not _POINT.fullmatch(re.sub(r"\s", "", text)):
                raise ValueError(_("It is no number as you said that they are written."))
            return text.replace(".", "").replace(",", ".")
        if self._style is NumberStyle.COMMA:
            return text
        if "," in text:
            raise ValueError(_("It may be a thousand or a fraction. Choose how numbers are written."))
        return text


def _code(cells: Cells) -> str:
    """Empty for a line that ends before it."""
    place = cells.shape.places["code"]
    return cells.plain("code").strip() if place < len(cells.record.cells) else ""


def _facts(row: Product | None) -> dict[str, Any]:
    """What a row can change, with the values as they are in the database."""
    if row is None:
        return {}
    fields: dict[str, Callable[[Product], Any]] = {
        "name": lambda each: each.name, "kind": lambda each: each.type.name,
        "description": lambda each: each.description or None, "expire_days": lambda each: each.expire_days,
        "validity_days": lambda each: each.validity_days, "min_quantity": lambda each: each.min_quantity,
        "max_quantity": lambda each: each.max_quantity,
    }  # fmt: skip
    facts = {field: read(row) for field, read in fields.items()}
    for currency, price in prices.prices_of(row).items():
        facts |= {f"amount_{currency}": price.amount, f"cost_{currency}": price.cost}
    return {field: value for field, value in facts.items() if value is not None}
