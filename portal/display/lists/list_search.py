"""The search box of a list. It uses POST, because the text may hold a whole coupon code, which must not appear in an
address. A code leads to its asset; only text without one leads to the filtered list, whose address holds it.
"""

from collections.abc import Callable

from flask import Response, flash, redirect
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Account, User
from portal.services import pasted_codes
from portal.services.accounts import account_list
from portal.web.pages.fragments import wants_fragment
from portal.web.urls import asset_page

_ADVICE = lazy("If it is part of one, or a name, search for a shorter piece of it.")
_ASKED = 8
"""Accounts to choose from where the typed name fits several."""
_OWN = ("q", "kept-q", "account-name", "billed-name")
"""Fields of the forms that are no parameters of an address as they are."""
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
    where the search box uses it. `kept-q` is the term that stays while an account is looked for by its name."""
    searched = typed.get("q", typed.get("kept-q", ""))[:_MOST]
    found = pasted_codes.look_up(viewer, searched)
    if found is not None and found.asset_id is not None:
        return _to(asset_page(found.asset_id))
    if found is not None:
        flash(f"{found.sentence} {_ADVICE}" if found.is_unknown else found.sentence, "caution")
    kept = MultiDict((name, text) for name, text in typed.items(multi=True) if name not in _OWN)
    kept["q"] = "" if found is not None else searched
    kept = _with_accounts(viewer, typed, kept, address_of)
    return show(kept) if show and wants_fragment() else redirect(f"{address_of(kept)}#list", code=303)


def _with_accounts(
    viewer: User, typed: MultiDict, kept: MultiDict, address_of: Callable[[MultiDict], str]
) -> MultiDict:
    """Adds the account of each name that was typed to `kept`; if it is not certain which one is meant, asks. The name
    itself is no part of an address, because it may be a code that was pasted into the wrong field."""
    for name in ("account", "billed"):
        text = typed.get(f"{name}-name", "").strip()[:_MOST]
        found = account_list.named(viewer, text, _ASKED + 1) if text else []
        if len(found) == 1:
            kept[name] = str(found[0].id)
        elif text:
            links = [_choice(address_of, kept, name, account) for account in found[:_ASKED]]
            flash(_which(links, len(found)), "caution")
    return kept


def _choice(address_of: Callable[[MultiDict], str], kept: MultiDict, name: str, account: Account) -> Markup:
    address = address_of(MultiDict(kept.to_dict() | {name: str(account.id)}))
    return Markup('<a href="{}">{} ({})</a>').format(address, account.name, account.code)


def _which(links: list[Markup], count: int) -> str:
    if not links:
        return _("No account has that name or code.")
    ask = _("Which account is meant?") if count <= _ASKED else _("Which account is meant? These are the first.")
    return Markup("{} {}").format(ask, Markup(", ").join(links))


def _to(address: str) -> Response:
    if wants_fragment():
        return Response(headers={"HX-Redirect": address})
    return redirect(address, code=303)
