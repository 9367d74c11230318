"""What surrounds every page: the seller's brand, the layout, the language, the BitTitan signal."""

from datetime import date
from functools import lru_cache

from babel.dates import format_date
from flask import Flask, current_app, g, request
from markupsafe import Markup

from portal.core.i18n import gettext as _
from portal.core.i18n import locale_now
from portal.display import connection_status
from portal.extensions import babel
from portal.models import Account, User
from portal.web.filters import clock_time
from portal.web.pages.navigation import basket_link, navigation
from portal.web.security.sessions import viewer
from portal.web.urls import base, url_for

DEFAULT_LOCALE = "en_GB"
_BRAND = "portal.brand"
_GUEST = "portal_guest"
_NAME = "portal_name"
_LOCALES = "portal.locales"


def install(app: Flask) -> None:
    with app.app_context():
        app.extensions[_LOCALES] = {str(locale) for locale in babel.list_translations()}
    format_date(
        date.today(), locale=DEFAULT_LOCALE
    )  # loads 4 MB of locale data before the fork, so that all processes share them
    app.jinja_env.globals.update(
        brand=brand, seller_line=seller_line, navigation=navigation, bittitan_signal=bittitan_signal,
        language_tag=language_tag, seller=seller, icon_named=icon, basket_link=basket_link,
    )  # fmt: skip
    app.context_processor(lambda: {"layout": layout()})


def locale() -> str | None:
    """Returns the account's language, or for a visitor the browser's, if it is translated. None means the default."""
    person = viewer()
    if person is not None:
        return offered_language(person.account)
    return request.accept_languages.best_match(_offered()) if request else None


def offered_language(account: Account) -> str | None:
    """Returns the account's language, or None if it is not translated."""
    return account.language if account.language in _offered() else None


def _offered() -> set[str]:
    return current_app.extensions.get(_LOCALES, set())


def icon(name: str) -> Markup:
    return _icon(base(), name)


@lru_cache(maxsize=200)
def _icon(_base: tuple[str, str], name: str) -> Markup:
    file = url_for("static", filename="icons.svg")
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>').format(file, name)


def language_tag() -> str:
    return str(locale_now()).replace("_", "-")


def layout() -> str:
    person = viewer()
    if person is None:
        return "layouts/card.html"
    return "layouts/shell.html" if person.is_staff else "layouts/store.html"


def seller() -> Account | None:
    """Returns the account that this person buys from; for staff the distributor."""
    person = g.get(_GUEST) or viewer()
    return person and (person.account.parent or person.account)


def greet(guest: User) -> None:
    """This page is for that person, who is not signed in yet: it shows the brand of the seller."""
    setattr(g, _GUEST, guest)


def brand() -> str:
    """Returns the seller's name; for a visitor the distributor's name, as last set by `remember_brand`."""
    account = seller()
    if _NAME in g:
        return g.get(_NAME)
    return account.name if account else current_app.extensions.get(_BRAND) or _("Licence portal")


def name_sender(name: str) -> None:
    """This page bears this name, whoever looks at it."""
    setattr(g, _NAME, name)


def remember_brand(name: str | None) -> None:
    """Keeps the distributor's name for pages that must not query the database."""
    current_app.extensions[_BRAND] = name


def seller_line() -> str:
    account = seller()
    if account is None:
        return ""
    sold = _("Sold by %(name)s.", name=account.name)
    if not account.contact_email:
        return sold
    mail = Markup('<a href="mailto:{0}">{0}</a>').format(account.contact_email)
    return Markup("{} {} {}").format(sold, _("Questions about a licence?"), mail)


def bittitan_signal() -> tuple[bool, str] | None:
    """Returns (is BitTitan well, the sentence), or None while nothing is known. Uses the row read with the session.

    The sentence says when BitTitan answered, not that it answers now: this stays true on a page that stays open.
    """
    connection = g.get("connection")
    if connection is None:
        return None
    held = connection_status.short_title()
    if held is not None:
        return connection_status.answers_again(), held
    if connection.answered_at is None:
        return None
    return True, _("BitTitan answered at %(time)s", time=clock_time(connection.answered_at))
