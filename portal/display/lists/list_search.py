"""The search box of a list. It uses POST, because the text may hold a whole coupon code, which must not appear in an
address. A code leads to its asset; only text without one leads to the filtered list, whose address holds it.
"""

from collections.abc import Callable

from flask import Response, flash, redirect
from werkzeug.datastructures import MultiDict

from portal.core.i18n import lazy
from portal.models import User
from portal.services import pasted_codes
from portal.web.pages.fragments import wants_fragment
from portal.web.urls import asset_page

_ADVICE = lazy("If it is part of one, or a name, search for a shorter piece of it.")
_MOST = 2000
"""Characters that are looked at: far more than anybody searches for."""


def answer(
    viewer: User,
    typed: MultiDict,
    *,
    address_of: Callable[[MultiDict], str],
    show: Callable[[MultiDict], Response] | None = None,
) -> Response:
    """`typed` holds the parameters of the list's address, which `address_of` builds; `show` renders the list for htmx,
    where the search box uses it."""
    found = pasted_codes.look_up(viewer, typed.get("q", "")[:_MOST])
    if found is not None and found.asset_id is not None:
        return _to(asset_page(found.asset_id))
    if found is not None:
        flash(f"{found.sentence} {_ADVICE}" if found.is_unknown else found.sentence, "caution")
    q = "" if found is not None else typed.get("q", "")[:_MOST]
    typed = MultiDict([*((name, text) for name, text in typed.items(multi=True) if name != "q"), ("q", q)])
    return show(typed) if show and wants_fragment() else redirect(address_of(typed), code=303)


def _to(address: str) -> Response:
    if wants_fragment():
        return Response(headers={"HX-Redirect": address})
    return redirect(address, code=303)
