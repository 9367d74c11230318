"""Which assets an act on many is about: those that are ticked in a list, or all that match its filters."""

from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from portal.core.errors import Conflict
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import FILTERS, Address, is_row_id
from portal.models import User
from portal.services import lists, pasted_codes
from portal.services.lists.list_filters import Filters
from portal.web.urls import url_for


@dataclass(frozen=True)
class Selection:
    query: str
    """The filters in the address of the list."""
    address: str
    """The same, with its order and columns."""
    asset_ids: list[int]
    filters: Filters | None = None
    """All that match, instead of single assets."""


def selection_of(submitted: MultiDict, viewer: User) -> Selection:
    """Raises Conflict if a filter of the list cannot be read: more would be taken than was meant."""
    address = _address(submitted, viewer)
    query, kept = urlencode(address.filters), urlencode(address.kept)
    if submitted.get("what") not in ("matching", "cause"):
        return Selection(query, kept, [int(text) for text in submitted.getlist("pick") if is_row_id(text)])
    if any(submitted.get(name, "").strip() and name not in address.filters for name in FILTERS):
        raise Conflict(_("A filter of the list could not be read, so nothing was prepared."))
    filters = address.filters_of(None)
    choices, _counts = lists.opening(viewer, filters)
    return Selection(query, kept, [], address.query(filters, choices).filters)


def list_of(submitted: MultiDict, viewer: User) -> str:
    """Returns the address of the list from which the form was sent."""
    return url_for("bss.assets.index", **_address(submitted, viewer).kept)


def _address(submitted: MultiDict, viewer: User) -> Address:
    """Without a search that holds a code, which no list puts into such a form."""
    names = submitted.keys()
    if pasted_codes.look_up(viewer, submitted.get("q", "")) is not None:
        names = names - {"q"}
    return Address(viewer, {name: submitted[name] for name in names})
