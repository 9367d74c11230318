"""Lines of a price list from a file or from pasted rows: previewed, then saved together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from portal.core import money
from portal.core.errors import Conflict, DomainError, InvalidInput
from portal.core.i18n import gettext as _
from portal.models import PriceLine, PriceList, Product, User
from portal.services import catalog
from portal.services.catalog import price_lines, price_lists
from portal.services.catalog.price_lines import Line
from portal.services.catalog.product_changes import MOST_LICENCES
from portal.services.imports import import_columns, sheets
from portal.services.imports.import_columns import Cells, Column
from portal.services.imports.import_file import Unreadable
from portal.services.imports.reading import numbers
from portal.services.imports.reading.numbers import NumberStyle
from portal.services.imports.reading.refusals import BadCell, shown
from portal.services.imports.sheets import Change, Sheet, SheetRow, code_of

COLUMNS = (
    Column("code", "Code", aliases=("Product code", "SKU")),
    Column("name", "Product", False, ("Product name",)),
    Column("min_quantity", "From licences", False, ("From", "Minimum", "Minimum quantity")),
    Column("price", "Price", False, ("Fixed price",)),
    Column("discount", "Discount", False),
)
"""The name of the product is for people; it is not read."""


@dataclass(frozen=True)
class Options:
    style: NumberStyle | None
    is_whole: bool
    """The rows are the whole list: lines that they do not name are removed."""


def heads() -> list[str]:
    return [column.title for column in COLUMNS]


def cells_of(line: PriceLine, currency: str) -> Sequence[str]:
    """As the import reads them."""
    price = "" if line.amount is None else money.major_units(line.amount, currency)
    discount = "" if line.discount is None else f"{price_lines.percent_text(line.discount)} %"
    return [line.product.code, line.product.name, str(line.min_quantity), price, discount]


def preview(price_list: PriceList, text: str, options: Options, *, by: User) -> Sheet:
    """Changes nothing. Raises Unreadable if the text is no list of prices."""
    return _planned(price_list, text, options, by)[0]


def apply(price_list: PriceList, text: str, options: Options, *, seen: str, by: User) -> Sheet:
    """`seen`: the digest of the preview. Saves all rows without a fault. Raises Unreadable, and Conflict if the preview
    is out of date or the list cannot be as it says."""
    sheet, lines = _planned(price_list, text, options, by)
    if sheet.digest != seen:
        raise Conflict(_("Prices have changed since this preview. Nothing was saved. Look at it again."))
    price_lists.save(price_list, version=price_list.version, details={}, lines=lines, by=by)
    return sheet


def _planned(price_list: PriceList, text: str, options: Options, by: User) -> tuple[Sheet, list[Line]]:
    records, shape = sheets.read(text, _columns_of, _count_known)
    plan = _Plan(price_list, [*catalog.visible_products(by), *(line.product for line in price_list.lines)], options)
    rows = [plan.row(cells) for cells in records]
    if options.is_whole and not any(row.faults for row in rows):
        rows += plan.removals()
    return Sheet(rows, shape.ignored), list(plan.lines.values())


def _columns_of(found: Iterable[str]) -> Sequence[Column]:
    if import_columns.count_known(list(found), COLUMNS[3:]) == 0:
        raise Unreadable(_("The first line must name the columns: Code, and Price or Discount or both."))
    return COLUMNS


def _count_known(found: list[str]) -> int:
    return import_columns.count_known(found, COLUMNS)


class _Plan:
    def __init__(self, price_list: PriceList, products: Sequence[Product], options: Options):
        self._currency, self._style = price_list.currency, options.style
        self._products = {product.code: product for product in products}
        self._by_id = {product.id: product for product in products}
        stored = (Line(row.product_id, row.min_quantity, row.amount, row.discount) for row in price_list.lines)
        self.lines = {line.key: line for line in stored}
        self._named: set[tuple[int, int]] = set()

    def row(self, cells: Cells) -> SheetRow:
        place = cells.record.line
        if not cells.check_form():
            return SheetRow(place, "", faults=tuple(cells.faults))
        try:
            return self._planned(place, self._line(cells))
        except DomainError as refusal:
            field = refusal.field if isinstance(refusal, InvalidInput) else ""
            return SheetRow(place, shown(code_of(cells)), faults=((cells.titles.get(field, ""), refusal.message),))

    def removals(self) -> Iterator[SheetRow]:
        for key in [key for key in self.lines if key not in self._named]:
            yield self._said(0, key, self.lines.pop(key), None)

    def _planned(self, place: int, line: Line) -> SheetRow:
        before = self.lines.get(line.key)
        self.lines[line.key] = line
        return self._said(place, line.key, before, line)

    def _said(self, place: int, key: tuple[int, int], before: Line | None, after: Line | None) -> SheetRow:
        product, changes = self._by_id[key[0]], (Change("line", before, after),)
        name = _("%(product)s, from %(quantity)s", product=product.name, quantity=key[1])
        return SheetRow(place, product.code, name, before is None, changes if before != after else ())

    def _line(self, cells: Cells) -> Line:
        product = self._products.get(code_of(cells))
        if product is None:
            raise InvalidInput("code", _("There is no product “%(code)s”.", code=shown(code_of(cells))))
        amount, discount = self._value(cells)
        line = Line(product.id, self._min_quantity(cells), amount, discount)
        try:
            price_lines.check_line(line, product, self._currency)
        except InvalidInput as refusal:
            is_of_value = refusal.field == "value"
            raise InvalidInput("discount" if is_of_value else refusal.field, refusal.message) from None
        if line.key in self._named:
            raise InvalidInput("min_quantity", _("It is there twice."))
        self._named.add(line.key)
        return line

    def _min_quantity(self, cells: Cells) -> int:
        try:
            return numbers.whole(cells.plain("min_quantity").strip() or "1", MOST_LICENCES, self._style)
        except BadCell as fault:
            raise InvalidInput("min_quantity", str(fault)) from None

    def _value(self, cells: Cells) -> tuple[int | None, int | None]:
        """A fixed price, or a discount; “12.5 %” in the column of prices is a discount, too."""
        typed = [(field, text) for field in ("price", "discount") if (text := cells.plain(field).strip())]
        if len(typed) != 1:
            raise InvalidInput("price", _("Write either a price or a discount."))
        field, text = typed[0]
        try:
            if field == "discount" or text.endswith("%"):
                return None, price_lines.basis_points(numbers.amount_text(text.rstrip("%").strip(), self._style))
            return money.minor_units(numbers.amount_text(text, self._style), self._currency), None
        except ValueError as unreadable:
            raise InvalidInput(field, f"“{shown(text)}”: {unreadable}") from None
