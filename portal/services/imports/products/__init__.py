"""Products and prices from a file or from pasted rows: previewed, then saved in one transaction.

The preview plans each row on a copy of its product and takes no lock; saving makes the same plan before it writes.
Nothing is stored in between: the page keeps the text, and saving refuses if it would now do something else than the
preview said.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.exc import IntegrityError

from portal.core.audit import Actor
from portal.core.errors import Conflict
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.services.imports.import_columns import Cells, Shape, shape_of
from portal.services.imports.import_file import CsvReader, Unreadable, format_of, no_records
from portal.services.imports.products import product_columns
from portal.services.imports.products.product_rows import Reader, SheetRow
from portal.services.imports.products.product_targets import Plan, Saving
from portal.services.imports.reading.numbers import NumberStyle

MOST_CHARACTERS = 200_000
MOST_ROWS = 2000


@dataclass(frozen=True)
class Sheet:
    """What saving does, row by row."""

    rows: Sequence[SheetRow]
    ignored: Sequence[str]
    """Columns that are not read."""

    @property
    def taken(self) -> list[SheetRow]:
        return [row for row in self.rows if row.changes and not row.faults]

    @property
    def faulty(self) -> list[SheetRow]:
        return [row for row in self.rows if row.faults]

    @property
    def same_count(self) -> int:
        """Rows that say what is recorded already."""
        return len(self.rows) - len(self.taken) - len(self.faulty)

    @cached_property
    def digest(self) -> str:
        """Differs if any row would do something else."""
        said = repr([(row.code, row.changes, row.faults) for row in self.rows])
        return hashlib.sha256(said.encode()).hexdigest()


def text_of(content: bytes) -> str:
    """The text of an uploaded file. Raises Unreadable."""
    file_format = format_of(lambda: io.BytesIO(content))
    text = content.decode(file_format.encoding, file_format.handling)
    return text.encode("utf-8", "replace").decode()


def preview(text: str, style: NumberStyle | None) -> Sheet:
    """Changes nothing. Raises Unreadable if the text is no list of products or prices."""
    records, shape = _read(text)
    plan = Plan(Reader(shape, style))
    return Sheet([plan.row(cells) for cells in records], shape.ignored)


def apply(text: str, style: NumberStyle | None, *, seen: str, by: Actor) -> Sheet:
    """`seen`: the digest of the preview. Saves all rows without a fault, or none. Raises Unreadable, and Conflict if
    the preview is out of date."""
    records, shape = _read(text)
    out_of_date = _("Products or prices have changed since this preview. Nothing was saved. Look at it again.")
    try:
        with transaction():
            saving = Saving(Reader(shape, style), records, by)
            sheet = Sheet([saving.row(cells) for cells in records], shape.ignored)
            if sheet.digest != seen:
                raise Conflict(out_of_date)
            return sheet
    except IntegrityError as clash:  # somebody else made a product with one of these codes in the same moment
        raise Conflict(out_of_date) from clash


def _read(text: str) -> tuple[list[Cells], Shape]:
    if len(text) > MOST_CHARACTERS:
        raise Unreadable(_("That is too long. Save it in parts of at most %(most)s characters.", most=MOST_CHARACTERS))
    source = text.encode("utf-8", "replace")
    file_format = format_of(lambda: io.BytesIO(source))
    reader = CsvReader(io.BytesIO(source), file_format)
    heads = reader.heading(product_columns.count_known)
    columns = product_columns.columns_of(heads)
    shape = shape_of(heads, columns)
    titles = {column.field: column.title for column in columns}
    records = [Cells(record, shape, titles) for record in reader]
    if not records:
        raise Unreadable(no_records())
    if len(records) > MOST_ROWS:
        raise Unreadable(_("There are more than %(most)s rows. Save them in parts.", most=MOST_ROWS))
    return records, shape
