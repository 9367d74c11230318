"""What the rows of a file do to the products: planned on copies, for a preview; or planned, then written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, inspect, select

from portal.core import field_rules
from portal.core.audit import Actor
from portal.core.errors import DomainError, InvalidInput
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Product, ProductState, ProductType
from portal.services.catalog import prices, product_changes
from portal.services.catalog.prices import NO_PRICE, PriceOf
from portal.services.imports.import_columns import Cells
from portal.services.imports.products.product_rows import Reader
from portal.services.imports.reading.refusals import shown
from portal.services.imports.sheets import Change, SheetRow, code_of

_FACTS = ("name", "description", "expire_days", "validity_days", "min_quantity", "max_quantity")


@dataclass(frozen=True)
class Wish:
    """What a row asks for."""

    details: dict[str, Any]
    price_of: dict[str, PriceOf]
    state: ProductState | None


@dataclass(frozen=True)
class Standing:
    """A product at one place of the file."""

    product: Product
    price_of: Mapping[str, PriceOf]

    @property
    def facts(self) -> dict[str, Any]:
        """What a row can change."""
        product = self.product
        facts = {field: getattr(product, field) or None for field in _FACTS}
        facts |= {"kind": product.type.name, "state": product.state}
        for currency, price in sorted(self.price_of.items()):
            facts |= {f"amount_{currency}": price.amount, f"cost_{currency}": price.cost}
        return {field: value for field, value in facts.items() if value is not None}


class Plan:
    """Changes nothing and locks nothing."""

    def __init__(self, reader: Reader):
        self._reader = reader
        self._planned: dict[str, Standing] = {}

    def row(self, cells: Cells) -> SheetRow:
        try:
            return self._row(cells)
        except DomainError as refusal:
            field = refusal.field if isinstance(refusal, InvalidInput) else ""
            faults = ((cells.titles.get(field, ""), refusal.message),)
            return SheetRow(cells.record.line, shown(code_of(cells)), faults=faults)

    def _row(self, cells: Cells) -> SheetRow:
        if not cells.check_form():
            return SheetRow(cells.record.line, "", faults=tuple(cells.faults))
        code = _checked_code(cells)
        before = self._find(code)
        details = self._reader.details(cells)
        price_of, faults = self._reader.prices(cells, {} if before is None else before.price_of)
        if faults:
            return SheetRow(cells.record.line, code, faults=tuple(faults))
        wish = Wish(details if before else {"code": code} | details, price_of, self._reader.state(cells))
        after = _planned(before, wish)
        changes = _changes({} if before is None else before.facts, after.facts)
        self._keep(before, wish, after)
        return SheetRow(cells.record.line, code, after.product.name, is_new=before is None, changes=changes)

    def _find(self, code: str) -> Standing | None:
        return self._planned.get(code) or _standing(select(Product).where(Product.code == code))

    def _keep(self, before: Standing | None, wish: Wish, after: Standing) -> None:
        self._planned[after.product.code] = after


class Saving(Plan):
    """Inside a transaction. Products and product types are locked at first and in one order, so that two people who
    save several products at once wait for each other instead of deadlocking."""

    def __init__(self, reader: Reader, records: Sequence[Cells], by: Actor):
        super().__init__(reader)
        self._by = by
        codes = {code for cells in records if (code := code_of(cells)) and code.isprintable()}
        db.session.execute(select(Product.id).where(Product.code.in_(codes)).order_by(Product.id).with_for_update())
        db.session.execute(select(ProductType.id).order_by(ProductType.id).with_for_update())

    def _find(self, code: str) -> Standing | None:
        return _standing(select(Product).where(Product.code == code).with_for_update())

    def _keep(self, before: Standing | None, wish: Wish, after: Standing) -> None:
        if before is None:
            row = product_changes.add(wish.details, wish.price_of, by=self._by, is_draft=True)
        else:
            row = before.product
            product_changes.change(row, wish.details, wish.price_of, by=self._by)
        if wish.state is not None:
            product_changes.set_state(row, wish.state, by=self._by)


def _planned(before: Standing | None, wish: Wish) -> Standing:
    """Raises what stands against it."""
    if before is None:
        product, price_of = product_changes.planned(wish.details, wish.price_of, locks=False), {}
    else:
        product, price_of = _copy(before.product), before.price_of
        values, type_ = product_changes.changed_values(product, wish.details, wish.price_of, locks=False)
        _set(product, values)
        product.type = type_
    if wish.state is not None:
        _set(product, product_changes.state_values(product, wish.state))
    merged = {**price_of, **wish.price_of}
    return Standing(product, {currency: price for currency, price in merged.items() if price != NO_PRICE})


def _standing(query: Select[tuple[Product]]) -> Standing | None:
    product = db.session.scalar(query.execution_options(populate_existing=True))
    return None if product is None else Standing(product, prices.prices_of(product))


def _copy(product: Product) -> Product:
    """Belongs to no session."""
    values = {attribute.key: getattr(product, attribute.key) for attribute in inspect(Product).column_attrs}
    copied = Product(**values)
    copied.type = product.type
    return copied


def _set(product: Product, values: Mapping[str, Any]) -> None:
    for field, value in values.items():
        setattr(product, field, value)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    fields = (field for field in {**after, **before} if before.get(field) != after.get(field))
    return tuple(Change(field, before.get(field), after.get(field)) for field in fields)


def _checked_code(cells: Cells) -> str:
    if not (code := code_of(cells)):
        raise InvalidInput("code", _("It is empty. Write the product’s code."))
    field_rules.kept_text(code, "code", product_changes.LONGEST["code"])
    return code
