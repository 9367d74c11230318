"""The lines of a price list as cells that are typed into: product, minimum quantity, fixed price or discount."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from werkzeug.datastructures import MultiDict

from portal.core import money
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.display.prices import pasted_prices
from portal.display.prices.pasted_prices import PastedRow
from portal.models import PriceLine, PriceList, Product
from portal.services.catalog import margins, price_lines, resolution, seller_costs
from portal.services.catalog.price_lines import Line
from portal.services.catalog.prices import PriceOf

BLANK = 3
"""Empty rows at the end of the sheet."""
FIXED, DISCOUNT, REMOVE = "fixed", "discount", "remove"
KINDS = (FIXED, DISCOUNT, REMOVE)
_FIELD = re.compile(r"(product|min_quantity|kind|value)_([0-9]{1,4})")


@dataclass
class SheetRow:
    place: int
    product: str = ""
    """The id of the product, as typed."""
    min_quantity: str = ""
    kind: str = FIXED
    value: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    chosen: Product | None = None
    line: Line | None = None
    """None while the row is blank, to be removed, or cannot be read."""

    @property
    def is_blank(self) -> bool:
        return not (self.product or self.value or self.min_quantity) and self.kind in KINDS


@dataclass(frozen=True)
class Amounts:
    """What a line leads to; each None if it is not known."""

    price: int | None
    list_price: int | None
    cost: int | None
    """Of the list's seller: at BitTitan, or a partner's purchase price."""
    before: int | None
    """The price in the list that this one follows."""

    @property
    def margin(self) -> Decimal | None:
        return margins.margin(PriceOf(self.price, self.cost))

    @property
    def markup(self) -> Decimal | None:
        return margins.markup(PriceOf(self.price, self.cost))

    @property
    def is_below_cost(self) -> bool:
        return margins.is_below_cost(PriceOf(self.price, self.cost))


class PriceSheet:
    def __init__(self, price_list: PriceList, products: Sequence[Product], rows: list[SheetRow]):
        self.price_list, self.currency = price_list, price_list.currency
        self.products = {product.id: product for product in products}
        self.rows = rows
        self.pasted_errors: list[str] = []
        self.not_understood = ""
        """The pasted lines that could not be added."""
        for row in rows:
            self._read(row)

    @classmethod
    def of(cls, price_list: PriceList, products: Sequence[Product]) -> "PriceSheet":
        rows = [_row_of(place, line, price_list.currency) for place, line in enumerate(price_list.lines)]
        return cls(price_list, products, rows).with_blanks()

    @classmethod
    def typed(cls, price_list: PriceList, products: Sequence[Product], form: MultiDict) -> "PriceSheet":
        rows: dict[int, SheetRow] = {}
        for name, text in form.items():
            if match := _FIELD.fullmatch(name):
                row = rows.setdefault(int(match[2]), SheetRow(int(match[2])))
                setattr(row, match[1], text.strip())
        kept = [rows[place] for place in sorted(rows) if not rows[place].is_blank and rows[place].kind != REMOVE]
        for place, row in enumerate(kept):
            row.place = place
        return cls(price_list, products, kept).with_blanks()

    def with_blanks(self) -> "PriceSheet":
        self.rows = [row for row in self.rows if not row.is_blank]
        self.rows += [SheetRow(len(self.rows) + number) for number in range(BLANK)]
        return self

    @property
    def has_errors(self) -> bool:
        return bool(self.pasted_errors) or any(row.errors for row in self.rows)

    @property
    def lines(self) -> list[Line]:
        return [row.line for row in self.rows if row.line is not None]

    def refuse(self, field_name: str, sentence: str) -> bool:
        """Shows a service's refusal beside its cell. Returns False if there is no such cell."""
        name, _mark, place = field_name.rpartition("_")
        filled = [row for row in self.rows if row.line is not None]
        if not place.isdigit() or int(place) >= len(filled):
            return False
        filled[int(place)].errors[name] = sentence
        return True

    def paste(self, text: str) -> None:
        """Adds a row for each line (pasted_prices.py); a row that is there already gets the pasted value."""
        codes = {product.code: product for product in self.products.values()}
        try:
            pasted = list(pasted_prices.rows_of(text))
        except ValueError as too_long:
            self.pasted_errors, self.not_understood = [str(too_long)], text
            return
        self.rows = [row for row in self.rows if not row.is_blank]
        for line, cells in pasted:
            if cells is None or cells.code not in codes:
                self.pasted_errors.append(_("This line was not understood: %(text)s", text=line[:60]))
                self.not_understood += f"{line}\n"
            else:
                self._add(codes[cells.code], cells)
        self.with_blanks()

    def _add(self, product: Product, cells: PastedRow) -> None:
        kind = DISCOUNT if cells.value.endswith("%") else FIXED
        row = SheetRow(len(self.rows), str(product.id), cells.min_quantity, kind, cells.value)
        self._read(row)
        same = (each for each in self.rows if row.line and each.line and each.line.key == row.line.key)
        if (there := next(same, None)) is None:
            self.rows.append(row)
        else:
            there.kind, there.value = kind, cells.value
            self._read(there)

    def amounts(self, row: SheetRow) -> Amounts:
        if row.line is None or row.chosen is None:
            return Amounts(None, None, None, None)
        listed = next((price for price in row.chosen.prices if price.currency == self.currency), None)
        list_price = None if listed is None else listed.amount
        line = PriceLine(amount=row.line.amount, discount=row.line.discount)
        old = self._followed.get(row.line.key)
        before = None if old is None else resolution.unit_price(old, list_price)
        return Amounts(resolution.unit_price(line, list_price), list_price, self._costs.get(row.line.key), before)

    def differences(self, other: "PriceSheet") -> list[tuple[str, str, str]]:
        """(product and minimum quantity, the value here, the value there) of each line that differs."""
        here, there = self._texts(), other._texts()
        keys = dict.fromkeys((*here, *there))
        return [(key, here.get(key, ""), there.get(key, "")) for key in keys if here.get(key) != there.get(key)]

    def _texts(self) -> dict[str, str]:
        prices = ((row, _row_of(0, PriceLine(**vars(row.line)), self.currency)) for row in self.rows if row.line)
        return {
            _("%(product)s, from %(quantity)s", product=row.chosen.name, quantity=row.line.min_quantity): written.value
            for row, written in prices
        }

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(FIXED, _("Fixed price")), (DISCOUNT, _("Discount")), (REMOVE, _("Remove"))]

    @property
    def cost_title(self) -> str:
        return _("Cost") if self.price_list.seller.is_distributor else _("Purchase price")

    @property
    def below_cost(self) -> str:
        is_of_distributor = self.price_list.seller.is_distributor
        return _("below cost") if is_of_distributor else _("below your purchase price")

    def choices(self, row: SheetRow) -> Iterable[tuple[str, str, bool]]:
        """Id, text and whether it is chosen, of each product that can be named in the row."""
        yield "", "–", not row.product
        for product in self.products.values():
            yield str(product.id), f"{product.name} ({product.code})", row.product == str(product.id)

    @cached_property
    def _costs(self) -> dict[tuple[int, int], int]:
        """By product and minimum quantity."""
        return seller_costs.costs(self.price_list, self.products, self.lines)

    @cached_property
    def _followed(self) -> dict[tuple[int, int], PriceLine]:
        """The lines of the list that this one follows."""
        followed = self.price_list.follows
        lines = () if followed is None else price_lines.lines_of(followed)
        return {(line.product_id, line.min_quantity): line for line in lines}

    def _read(self, row: SheetRow) -> None:
        row.errors, row.line = {}, None
        if row.is_blank:
            return
        row.chosen = self.products.get(row_id(row.product))
        if row.chosen is None:
            row.errors["product"] = _("Choose a product.")
        least = row.min_quantity or "1"
        if not (least.isascii() and least.isdigit() and len(least) < 8 and int(least)):
            row.errors["min_quantity"] = _("Enter a whole number.")
        if row.kind not in KINDS:
            row.errors["kind"] = _("Choose how the price is set.")
        amount = discount = None
        try:
            if row.kind == DISCOUNT:
                discount = price_lines.basis_points(row.value)
            else:
                amount = money.minor_units(row.value, self.currency)
        except ValueError as unreadable:
            row.errors["value"] = str(unreadable)
        if not row.errors:
            row.line = Line(row.chosen.id, int(least), amount, discount)


def _row_of(place: int, line: PriceLine, currency: str) -> SheetRow:
    is_fixed = line.discount is None
    value = money.major_units(line.amount, currency) if is_fixed else f"{price_lines.percent_text(line.discount)} %"
    return SheetRow(place, str(line.product_id), str(line.min_quantity), FIXED if is_fixed else DISCOUNT, value)
