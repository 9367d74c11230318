"""The calendar of a person as a feed: what is to come, without codes and prices."""

from datetime import timedelta

from flask import Response

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import in_language
from portal.display.calendars import ics
from portal.display.calendars.entry_words import entry_assets, entry_words, href
from portal.display.calendars.ics import AllDay
from portal.models import User
from portal.services.calendars import days
from portal.services.calendars.days import Entry
from portal.services.users.languages import language_of
from portal.web.filters import number

MOST = 1000
"""Events of each kind."""
_KEPT = timedelta(days=31)
"""Days that are over stay so long."""


def answer(owner: User) -> Response:
    with in_language(language_of(owner)):
        body = _written(owner)
    response = Response(body, content_type=ics.TYPE)
    response.headers["Cache-Control"] = "private"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Content-Disposition"] = 'inline; filename="licences.ics"'
    return response


def _written(owner: User) -> bytes:
    entries = days.upcoming(owner, clock.today() - _KEPT, MOST)
    area = "bss" if owner.is_staff else "storefront"
    description = _(
        "The days until which coupon codes must be redeemed, and on which licences end. At most the next %(most)s of "
        "each kind.",
        most=number(MOST),
    )
    name = _("Licences of %(name)s", name=owner.account.name)
    return ics.calendar(name, description, (_event(entry, owner, area) for entry in entries), clock.now())


def _event(entry: Entry, owner: User, area: str) -> AllDay:
    words = entry_words(entry)
    account_id = None if entry.account_id == owner.account_id else entry.account_id
    url = href(area, entry.kind, entry.day, entry.day, account_id, is_whole=True)
    return AllDay(
        uid=f"{entry.kind.value}-{entry.day:%Y%m%d}-{entry.account_id or 'all'}@bittitan-asset-portal",
        day=entry.day,
        summary=f"{entry.account}: {words}" if entry.account else words,
        description=f"{words} {entry_assets(entry)}.\n{url}",
        url=url,
    )
