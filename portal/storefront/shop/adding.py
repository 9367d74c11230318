"""The form of a row in the shop: so many licences of this product into the basket."""

import uuid

from werkzeug.datastructures import MultiDict

from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.models import User
from portal.services.ordering import drafts
from portal.services.ordering.drafts import LineInput
from portal.storefront.shop.shop_page import ShopPage, ShopRow, quantity_of, quantity_problem


def add(page: ShopPage, form: MultiDict, by: User) -> ShopRow | None:
    """Returns the row whose product is in the basket now; None, with the reason in the page, if it is not."""
    row = page.row_of(row_id(form.get("product")))
    if row is None or row.price is None:
        page.problem = _("This product is not for sale, or not any more. Nothing was added.")
        return None
    row.typed = form.get("quantity", "").strip()
    row.problem = quantity_problem(row.product, row.typed) or ""
    if row.problem:
        return None
    if not _is_key(form.get("key", "")):
        page.problem = _("Nothing was added, because a part of the form is missing. Add it again.")
        return None
    try:
        drafts.add_to_basket(LineInput(row.product.id, quantity_of(row.typed), key=form["key"]), by=by)
    except InvalidInput as refusal:
        row.problem = refusal.message
        return None
    return row


def _is_key(text: str) -> bool:
    try:
        return len(text) == 36 and str(uuid.UUID(text)) == text
    except ValueError:
        return False
