"""Texts for the changes of a product, and for the rows of a file of products."""

from datetime import datetime

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.wording.history_text import Change
from portal.models import AuditEntry, ProductState
from portal.services.connection.service_definition import CatalogChanges
from portal.services.imports.sheets import Change as RowChange
from portal.web.filters import day, money

_ACTS = {
    "create": lazy("Created"),
    "publish": lazy("Published"),
    "withdraw": lazy("Withdrawn"),
}
_FIELDS = {
    "code": lazy("Code"),
    "name": lazy("Name"),
    "kind": lazy("Product type"),
    "type_id": lazy("Product type"),
    "description": lazy("Description"),
    "expire_days": lazy("Expire (days)"),
    "validity_days": lazy("Validity (days)"),
    "min_quantity": lazy("Fewest licences"),
    "max_quantity": lazy("Most licences"),
    "state": lazy("State"),
}
_STATES = {
    ProductState.DRAFT: lazy("Draft"),
    ProductState.PUBLISHED: lazy("Published"),
    ProductState.WITHDRAWN: lazy("Withdrawn"),
}


def change_words(entry: AuditEntry) -> Change:
    if entry.act in ("price", "cost"):
        currency = entry.field or ""
        before, after = (value and money(int(value), currency) for value in (entry.before, entry.after))
        return Change(price_title(entry.act, currency), before or "", after or "", entry.why)
    what = str(_ACTS.get(entry.act) or _FIELDS.get(entry.field or "") or entry.act.capitalize())
    if entry.field in ("published_at", "withdrawn_at"):
        after = entry.after and day(datetime.fromisoformat(entry.after)).striptags()
        return Change(what, None, after, entry.why)
    if entry.field == "type_id":
        return Change(what, None, None, entry.why)
    is_new = entry.act == "create"
    return Change(what, None if is_new else entry.before or "", entry.after or "", entry.why)


def definition_words(changes: CatalogChanges) -> str:
    """What a reading of the service definition has changed."""
    sentences = [_("BitTitan’s service definition was read.")]
    for names, sentence in (
        (changes.added, _("New: %(names)s.")), (changes.changed, _("Changed: %(names)s.")),
        (changes.gone, _("No longer sold: %(names)s. Their products are not offered.")),
    ):  # fmt: skip
        if names:
            sentences.append(sentence % {"names": ", ".join(names)})
    return " ".join(sentences) if len(sentences) > 1 else f"{sentences[0]} {_('Nothing has changed.')}"


def row_words(change: RowChange) -> tuple[str, str, str]:
    """Title, value before and value after; a value that is not there is empty."""
    part, _mark, currency = change.field.partition("_")
    if part in ("amount", "cost"):
        before, after = (value if value is None else money(value, currency) for value in change[1:])
        return price_title("price" if part == "amount" else part, currency), before or "", after or ""
    before, after = ("" if value is None else str(_STATES.get(value, value)) for value in change[1:])
    return str(_FIELDS[change.field]), before, after


def price_title(part: str, currency: str) -> str:
    """`part`: price or cost."""
    if part == "cost":
        return _("Cost, %(currency)s", currency=currency)
    return _("List price, %(currency)s", currency=currency)
