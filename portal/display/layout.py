"""What surrounds every page: the seller's brand, the layout, the language, the BitTitan signal."""

from datetime import date
from functools import lru_cache

from babel.dates import format_date
from flask import Flask, Response, current_app, g, request
from markupsafe import Markup

from portal.core import i18n, languages
from portal.core.i18n import gettext as _
from portal.core.languages import Language
from portal.display import connection_status
from portal.extensions import settings
from portal.models import Account, User
from portal.services.users.languages import language_of
from portal.web.filters import clock_time
from portal.web.pages.navigation import basket_link, navigation
from portal.web.security.sessions import viewer
from portal.web.urls import base, here, nearest_page, url_for

LANGUAGE_COOKIE = "language"
_BRAND = "portal.brand"
_GUEST = "portal_guest"
_NAME = "portal_name"
_A_YEAR = 365 * 86400


def install(app: Flask) -> None:
    i18n.select_by(app, language)
    # Loads 4 MB of locale data before the fork, so that all processes share them.
    format_date(date.today(), locale=languages.DEFAULT_LOCALE)
    app.jinja_env.globals.update(
        brand=brand, seller_line=seller_line, navigation=navigation, bittitan_signal=bittitan_signal,
        language_now=i18n.language_now, languages=languages.offered, offers_languages=offers_languages,
        way_back=way_back, seller=seller, icon_named=icon, basket_link=basket_link,
    )  # fmt: skip
    app.context_processor(lambda: {"layout": layout()})


def language() -> Language:
    """The one that the person chose, in this browser or before; else that of the account; for a visitor the
    browser's."""
    if not request:
        return languages.ENGLISH
    chosen = request.cookies.get(settings().cookie_name(LANGUAGE_COOKIE))
    person = viewer() or g.get(_GUEST)
    if person is not None:
        return language_of(person, chosen)
    return languages.best(chosen, *request.accept_languages.values())


def offers_languages() -> bool:
    """Who is signed in chooses on the page of their password."""
    return viewer() is None


def way_back() -> str:
    """The page to see again in another language."""
    return here() if request.method == "GET" else nearest_page(request.path) or ""


def remember_language(response: Response, code: str | None) -> None:
    """In this browser, for its next visitor without a choice of their own; None forgets it."""
    name, secure = settings().cookie_name(LANGUAGE_COOKIE), settings().secure_cookies
    age = _A_YEAR if code else 0
    response.set_cookie(name, code or "", max_age=age, httponly=True, samesite="Lax", secure=secure)


def icon(name: str) -> Markup:
    return _icon(base(), name)


@lru_cache(maxsize=200)
def _icon(_base: tuple[str, str], name: str) -> Markup:
    file = url_for("static", filename="icons.svg")
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>').format(file, name)


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
    i18n.ask_again()


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
