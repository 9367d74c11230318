"""The search box of a list. It uses POST, because the text may be a whole coupon code, which must not appear in an
address. A code leads to its asset; any other text leads to the filtered list.
"""

from collections.abc import Callable

from flask import Response, flash, redirect
from werkzeug.datastructures import MultiDict

from portal.core.i18n import gettext as _
from portal.display.lists.list_address import address_of
from portal.models import Right, User
from portal.services.lists import search
from portal.web.pages.fragments import wants_fragment
from portal.web.urls import asset_page


def answer(viewer: User, typed: MultiDict, *, path: str, show: Callable[[MultiDict], Response]) -> Response:
    """`typed` holds the parameters of the list's address; `path` is that address, and `show` renders the list."""
    term = typed.get("q", "").strip()
    asset_id = search.asset_with_code_typed(viewer, term)
    if asset_id is not None:
        return _to(asset_page(asset_id))
    if search.looks_like_code(term) and not search.is_named(viewer, term):
        flash(_no_such_code(viewer), "caution")
        typed = MultiDict([(name, value) for name, value in typed.items(multi=True) if name != "q"])
    return show(typed) if wants_fragment() else redirect(address_of(viewer, path, typed), code=303)


def _no_such_code(viewer: User) -> str:
    if not viewer.may(Right.REVEAL_CODES):
        return _("That looks like a whole coupon code. Your role does not include looking codes up.")
    return _("No asset holds exactly this code. If it is part of one, or a name, search for a shorter piece of it.")


def _to(address: str) -> Response:
    if wants_fragment():
        return Response(headers={"HX-Redirect": address})
    return redirect(address, code=303)
