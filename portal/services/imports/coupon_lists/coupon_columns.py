"""The columns of a list of coupons, under BitTitan's own headings or those that a person has chosen for them."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, replace

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.services.imports import import_columns
from portal.services.imports.import_columns import Cells, Column, shape_of
from portal.services.imports.import_file import CsvReader, FileFormat, Source, Unreadable, format_of
from portal.services.imports.reading import Choices, Reading

Mapping = Dictionary[str, str]
"""A heading of the file by field; an empty one: not in the file."""
COLUMNS = (
    Column("code", "Coupon code", aliases=("Code", "Coupon", "CouponCode", "Redemption code")),
    Column("id", "Id", False, ("BitTitan id", "CouponId")),
    Column("reference", "Reference", False, (
        "ExternalReference", "External reference", "Label", "Notes", "Note", "Description",
    )),
    Column("product", "Product", False, (
        "Product name", "SKU name", "License type", "License", "Licence", "SKU", "ProductSkuId",
    )),
    Column("quantity", "Quantity", False, ("Qty", "Licenses", "Licences", "Number of licenses", "Count", "Amount")),
    Column("organisation", "Organisation", False, (
        "Organization", "OrganizationId", "Organization name", "Company", "Customer", "Account", "Workgroup",
    )),
    Column("issued", "Created", False, ("Created on", "Created date", "Issued", "Purchase date", "Date")),
    Column("expires", "Expires", False, ("Expire date", "ExpireDate", "Expiration", "Expiration date", "Redeem by")),
    Column("status", "Status", False, ("State",)),
)  # fmt: skip
LABELS = {
    "code": lazy("Coupon code"),
    "id": lazy("Coupon Id"),
    "reference": lazy("Reference"),
    "product": lazy("Product"),
    "quantity": lazy("Licences"),
    "organisation": lazy("Billed account"),
    "issued": lazy("Issued"),
    "expires": lazy("Redeem by"),
    "status": lazy("State"),
}
"""What the columns are called on the screen, whatever their headings are."""
DATES, NUMBERS, CODES = ("issued", "expires"), ("quantity",), ("code",)


@dataclass(frozen=True)
class Heading:
    """The first line of a file, whatever its columns are called."""

    cells: list[str]
    encoding: str
    separator: str


@dataclass(frozen=True)
class CouponFile:
    source: Source
    file_format: FileFormat
    columns: tuple[Column, ...]
    separator: str | None = None

    def records(self, reading: Reading | None = None) -> Iterator[Cells]:
        """From the beginning."""
        titles = {name: str(label) for name, label in LABELS.items()}
        with self.source() as file:
            reader = CsvReader(file, self.file_format)
            shape = shape_of(reader.heading(_count_known(self.columns), self.separator), self.columns)
            reading = reading or Reading()
            for record in reader:
                yield Cells(record, shape, titles, reading)


def open_list(source: Source, mapping: Mapping, choices: Choices) -> CouponFile:
    """Raises Unreadable if it is no such list."""
    if mapping.get("code") == "":
        raise Unreadable(_("Choose the column that holds the coupon codes."))
    columns = tuple(_mapped(column, mapping) for column in COLUMNS if mapping.get(column.field) != "")
    file = CouponFile(source, format_of(source, choices.letters), columns, choices.separator)
    next(file.records(), None)  # reads the heading
    return file


def heading_of(source: Source, choices: Choices) -> Heading:
    """Raises Unreadable if it is no CSV file."""
    file_format = format_of(source, choices.letters)
    with source() as file:
        reader = CsvReader(file, file_format)
        cells = [cell.strip() for cell in reader.heading(_count_known(COLUMNS), choices.separator)]
    return Heading(cells, file_format.encoding, reader.delimiter)


def heading_places(heads: Sequence[str], mapping: Mapping) -> dict[str, int]:
    """Where each field is, as a person said or by its name."""
    keys = {import_columns.key_of(head): place for place, head in reversed(list(enumerate(heads)))}
    columns = [_mapped(column, mapping) for column in COLUMNS if mapping.get(column.field) != ""]
    return {column.field: keys[key] for column in columns if (key := column.key_in(keys)) is not None}


def _count_known(columns: Sequence[Column]) -> Callable[[list[str]], int]:
    """Where no name is known, the separator is the one that makes the most columns."""
    return lambda heads: import_columns.count_known(heads, columns) * 1000 + len(heads)


def _mapped(column: Column, mapping: Mapping) -> Column:
    """What a person has chosen counts alone."""
    chosen = mapping.get(column.field)
    return replace(column, title=chosen, aliases=()) if chosen else column
