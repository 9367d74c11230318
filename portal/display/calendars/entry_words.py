"""What an entry of the calendar says, on its page and in a feed, and where it leads."""

from datetime import date

from flask import Flask

from portal.core import clock
from portal.core.i18n import ngettext
from portal.services.calendars.days import Entry, Kind
from portal.services.lists.list_filters import Redeem
from portal.web.filters import number
from portal.web.urls import url_for


def install(app: Flask) -> None:
    app.jinja_env.globals.update(entry_words=entry_words, entry_assets=entry_assets)


def href(area: str, kind: Kind, first: date, last: date, account_id: int | None, *, is_whole: bool = False) -> str:
    """The list of exactly these assets. `is_whole`: with the host."""
    names, more = ("ends-from", "ends-to"), {"sort": "ends"}
    if kind is Kind.DUE:
        names, more = ("redeem-from", "redeem-to"), {"redeem": Redeem.UNREDEEMED.value, "sort": "redeem-by"}
    account = {} if account_id is None else {"account": account_id}
    period = dict(zip(names, (first.isoformat(), last.isoformat()), strict=True))
    return url_for(f"{area}.assets.index", **more, **period, **account, _external=is_whole)


def entry_words(entry: Entry, *, last: date | None = None) -> str:
    """Such as: 25 licences to redeem. `last`: of a longer period."""
    is_over = (last or entry.day) < clock.today()
    count, shown = entry.sum.licences, number(entry.sum.licences)
    if entry.kind is Kind.ENDS and is_over:
        return ngettext("%(n)s licence ended", "%(n)s licences ended", count, n=shown)
    if entry.kind is Kind.ENDS:
        return ngettext("%(n)s licence ends", "%(n)s licences end", count, n=shown)
    if is_over:
        return ngettext("%(n)s licence expired unredeemed", "%(n)s licences expired unredeemed", count, n=shown)
    return ngettext("%(n)s licence to redeem", "%(n)s licences to redeem", count, n=shown)


def entry_assets(entry: Entry) -> str:
    return ngettext("in %(n)s asset", "in %(n)s assets", entry.sum.assets, n=number(entry.sum.assets))
