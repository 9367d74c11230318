"""Products and prices from a file or from pasted rows: previewed, then saved in one transaction.

The preview plans each row on a copy of its product and takes no lock; saving makes the same plan before it writes.
Nothing is stored in between: the page keeps the text, and saving refuses if it would now do something else than the
preview said.
"""

from sqlalchemy.exc import IntegrityError

from portal.core.audit import Actor
from portal.core.errors import Conflict
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.services.imports import sheets
from portal.services.imports.products import product_columns
from portal.services.imports.products.product_rows import Reader
from portal.services.imports.products.product_targets import Plan, Saving
from portal.services.imports.reading.numbers import NumberStyle
from portal.services.imports.sheets import Sheet


def preview(text: str, style: NumberStyle | None) -> Sheet:
    """Changes nothing. Raises Unreadable if the text is no list of products or prices."""
    records, shape = sheets.read(text, product_columns.columns_of, product_columns.count_known)
    plan = Plan(Reader(shape, style))
    return Sheet([plan.row(cells) for cells in records], shape.ignored)


def apply(text: str, style: NumberStyle | None, *, seen: str, by: Actor) -> Sheet:
    """`seen`: the digest of the preview. Saves all rows without a fault, or none. Raises Unreadable, and Conflict if
    the preview is out of date."""
    records, shape = sheets.read(text, product_columns.columns_of, product_columns.count_known)
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
