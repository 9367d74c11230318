"""Keeps coupon codes out of addresses that somebody asks for: an old bookmark, a link from a mail, a typed address.

The portal itself puts none into an address (display/lists/list_search.py). An address with one is answered by a
redirect to the same page without it, so that no link of a page repeats it.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Flask, Response, flash, redirect, request

from portal.core.i18n import gettext as _
from portal.services import pasted_codes
from portal.web.pages.polling import is_poll
from portal.web.security.sessions import viewer

_SEARCH = "q"


def install(app: Flask) -> None:
    app.before_request(_leave_out)


def without_code(address: str) -> str:
    """The address without a search that may be a code, for people who are not signed in."""
    parts = urlsplit(address)
    query = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, text) for name, text in query if name != _SEARCH or not pasted_codes.may_be_code(text)]
    return address if kept == query else urlunsplit(parts._replace(query=urlencode(kept)))


def _leave_out() -> Response | None:
    texts = request.args.getlist(_SEARCH) if request.method in ("GET", "HEAD") else ()
    if not texts or is_poll() or (person := viewer()) is None:
        return None
    if all(pasted_codes.may_stand_in_address(person, text) for text in texts):
        return None
    flash(_("What the address searched for may be a coupon code, so it was left out. Search for it here."), "caution")
    kept = [(name, text) for name, text in request.args.items(multi=True) if name != _SEARCH]
    query = urlencode(kept)
    return redirect(f"{request.script_root}{request.path}" + (f"?{query}" if query else ""))
