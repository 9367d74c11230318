"""The lines of a price list: checked, and saved as a whole."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.core import audit
from portal.core.audit import Actor
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import WHOLE, PriceLine, PriceList, Product
from portal.services.catalog.prices import MAX_AMOUNT
from portal.services.catalog.product_changes import MOST_LICENCES

MOST_LINES = 2000
_PERCENT = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?\s*%?")


@dataclass(frozen=True)
class Line:
    product_id: int
    min_quantity: int
    amount: int | None
    """In minor units; None for a discount."""
    discount: int | None
    """In basis points; None for a fixed price."""

    @property
    def key(self) -> tuple[int, int]:
        """A list has one line for each."""
        return self.product_id, self.min_quantity


def check(currency: str, lines: Sequence[Line]) -> None:
    """Raises InvalidInput for `lines`, or for a field with the place of the line, such as `value_3`."""
    if len(lines) > MOST_LINES:
        raise InvalidInput("lines", _("A price list has at most %(most)s lines.", most=MOST_LINES))
    ids = {line.product_id for line in lines}
    rows = db.session.scalars(select(Product).where(Product.id.in_(ids)).options(selectinload(Product.prices)))
    products = {product.id: product for product in rows}
    seen = set()
    for place, line in enumerate(lines):
        try:
            check_line(line, products.get(line.product_id), currency)
        except InvalidInput as refusal:
            raise InvalidInput(f"{refusal.field}_{place}", refusal.message) from None
        if line.key in seen:
            raise InvalidInput(f"min_quantity_{place}", _("It is there twice."))
        seen.add(line.key)


def check_line(line: Line, product: Product | None, currency: str) -> None:
    """Raises InvalidInput for `product`, `min_quantity` or `value`."""
    if product is None:
        raise InvalidInput("product", _("Choose a product."))
    if not 1 <= line.min_quantity <= MOST_LICENCES:
        raise InvalidInput(
            "min_quantity", _("Enter a whole number from %(low)s to %(high)s.", low=1, high=MOST_LICENCES)
        )
    if line.amount is not None and not 0 <= line.amount <= MAX_AMOUNT:
        raise InvalidInput("value", _("The price is out of range."))
    if line.discount is not None and not 0 <= line.discount <= WHOLE:
        raise InvalidInput("value", _("Enter a discount from 0 to 100 %."))
    if line.discount is not None and product.price_in(currency) is None:
        raise InvalidInput(
            "value",
            _(
                "There is no list price in %(currency)s to take a discount from. Enter a fixed price.",
                currency=currency,
            ),
        )


def basis_points(text: str) -> int:
    """Of a discount such as 12.5 %. Raises ValueError with a sentence."""
    match = _PERCENT.fullmatch(text)
    if match is None:
        raise ValueError(_("Enter a discount such as 12.5 %."))
    discount = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    if discount > WHOLE:
        raise ValueError(_("Enter a discount from 0 to 100 %."))
    return discount


def percent_text(discount: int) -> str:
    """As it would be typed: 1,250 basis points are 12.5."""
    return f"{Decimal(discount).scaleb(-2).normalize():f}"


def save(draft: PriceList, lines: Sequence[Line], *, by: Actor) -> bool:
    """Inside a transaction that has locked the draft. Returns whether anything changed."""
    before = {(row.product_id, row.min_quantity): row for row in lines_of(draft)}
    wanted = {line.key: line for line in lines}
    changed = False
    for key in sorted(before.keys() | wanted.keys()):
        row, line = before.get(key), wanted.get(key)
        old, new = _text(draft, row), _text(draft, line)
        if old == new:
            continue
        _set(draft, row, line)
        field = "product {} from {}".format(*key)
        audit.record("price_list", draft.id, "line", by=by, field=field, before=old, after=new)
        changed = True
    if changed:
        db.session.flush()
    return changed


def _set(draft: PriceList, row: PriceLine | None, line: Line | None) -> None:
    if line is None:
        db.session.delete(row)
    elif row is None:
        db.session.add(PriceLine(list_id=draft.id, **vars(line)))
    else:
        row.amount, row.discount = line.amount, line.discount


def _text(draft: PriceList, line: PriceLine | Line | None) -> str | None:
    """For the audit log: in minor units, or a discount in basis points."""
    if line is None:
        return None
    return f"{line.amount} {draft.currency}" if line.discount is None else f"-{line.discount} bp"


def lines_of(row: PriceList) -> Sequence[PriceLine]:
    return db.session.scalars(select(PriceLine).where(PriceLine.list_id == row.id)).all()
