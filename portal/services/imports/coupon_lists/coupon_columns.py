"""The columns of a list of coupons, under BitTitan's own headings or those that a person has chosen for them."""

from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, replace

from portal.services.imports import import_columns
from portal.services.imports.import_columns import Cells, Column, Shape, shape_of
from portal.services.imports.import_file import CsvReader, FileFormat, Source
from portal.services.imports.reading import Reading

Mapping = Dictionary[str, str]
"""A heading of the file by field, or LEFT_OUT."""
LEFT_OUT = ""
COLUMNS = (
    Column("code", "Coupon code", aliases=("Code", "Coupon", "CouponCode", "Coupon id", "Redemption code")),
    Column("id", "Id", False, ("BitTitan id", "CouponId")),
    Column("reference", "Reference", False, ("ExternalReference", "External reference", "Label", "Notes", "Note")),
    Column("product", "Product", False, ("Product name", "License type", "License", "Licence", "SKU", "ProductSkuId")),
    Column("quantity", "Quantity", False, ("Licenses", "Licences", "Number of licenses", "Count", "Amount")),
    Column("organisation", "Organisation", False, (
        "Organization", "OrganizationId", "Organization name", "Company", "Customer", "Account",
    )),
    Column("issued", "Created", False, ("Created on", "Created date", "Issued", "Purchase date", "Date")),
    Column("expires", "Expires", False, ("Expire date", "ExpireDate", "Expiration", "Expiration date", "Redeem by")),
    Column("status", "Status", False, ("State",)),
)  # fmt: skip
TITLES = {column.field: column.title for column in COLUMNS}
DATES, NUMBERS, CODES = ("issued", "expires"), ("quantity",), ("code",)


@dataclass(frozen=True)
class CouponFile:
    source: Source
    file_format: FileFormat
    columns: tuple[Column, ...]

    def records(self, reading: Reading | None = None) -> Iterator[Cells]:
        """From the beginning."""
        with self.source() as file:
            reader = CsvReader(file, self.file_format)
            shape = self._shape(reader)
            for record in reader:
                yield Cells(record, shape, TITLES, reading or Reading())

    def _shape(self, reader: CsvReader) -> Shape:
        return shape_of(reader.heading(self.count_known), self.columns)

    def count_known(self, heads: list[str]) -> int:
        return import_columns.count_known(heads, self.columns)


def open_list(source: Source, file_format: FileFormat, mapping: Mapping) -> CouponFile:
    """Raises Unreadable if it is no such list."""
    columns = tuple(_mapped(column, mapping) for column in COLUMNS if mapping.get(column.field) != LEFT_OUT)
    file = CouponFile(source, file_format, columns)
    next(file.records(), None)  # reads the heading
    return file


def proposed(heads: list[str]) -> dict[str, str]:
    """The heading of each field, as far as its name tells."""
    keys = {import_columns.key_of(head): head for head in reversed(heads)}
    found = {column.field: column.key_in(keys) for column in COLUMNS}
    return {name: keys[key] for name, key in found.items() if key is not None}


def _mapped(column: Column, mapping: Mapping) -> Column:
    """What a person has chosen counts alone."""
    chosen = mapping.get(column.field)
    return replace(column, title=chosen, aliases=()) if chosen else column
