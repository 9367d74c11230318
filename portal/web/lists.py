"""A list of assets as a page shows it: from the address to the rows, and back to the addresses of its links."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, g, make_response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from portal.models import Account, Asset, SyncStatus, User
from portal.services import lists
from portal.services.list_sorts import BY_ID, SORTS
from portal.services.lists import Choices, Counts, Page, Query
from portal.web.addresses import own_path
from portal.web.filters import day, number
from portal.web.fragments import is_poll, render_page, render_partial, wants_fragment
from portal.web.list_address import Address, is_row_id
from portal.web.news import tell_news
from portal.web.wording import STATUS

COLUMNS = {
    "row": ("name", "status", "product", "customer", "billed", "quantity", "purchased", "redeem-by", "code"),
    "section": ("name", "status", "product", "customer", "quantity", "purchased", "redeem-by", "code"),
    "own": ("name", "status", "product", "quantity", "purchased", "redeem-by", "code"),
    "account": ("name", "status", "customer", "quantity", "redeem-by"),
    "account-own": ("name", "status", "quantity", "redeem-by", "code"),
}
"""By the word with which a row says what it is drawn as (see `drawn_as`)."""

SIZES = {"account": 15, "account-own": 15}
"""Where the list is one part of a page among others."""

SHORTEST_DELAY, LONGEST_DELAY = 2, 60
_ANY_ID = 2**31 - 1

_CHIPS = (
    SyncStatus.FAILED,
    SyncStatus.REVIEW,
    SyncStatus.UNCONFIRMED,
    SyncStatus.SYNCHRONIZING,
    SyncStatus.SYNCHRONIZED,
)


def asset_list(
    reader: User, args: MultiDict, *, path: str, within: Account | None = None, drawn_as: str = "row"
) -> "AssetList":
    """Two statements. `args` are those of the address, `path` is where the list stands."""
    address = Address(args)
    query, choices, counts = _opening(reader, address, within)
    query = replace(query, size=SIZES.get(drawn_as, lists.PAGE))
    page = lists.page(reader, query, counts)
    return AssetList(reader, path, address, query, choices, counts, page, drawn_as)


def answer(
    template: str,
    reader: User,
    args: MultiDict,
    *,
    path: str,
    within: Account | None = None,
    drawn_as: str = "row",
    **context,
) -> Response | str:
    """The page with its list as `list`; for htmx the block `list`; for a poll the rows that it watches."""
    if is_poll():
        return _poll(reader, args, path, within, drawn_as)
    listing = asset_list(reader, args, path=path, within=within, drawn_as=drawn_as)
    response = make_response(render_page(template, block="list", list=listing, **context))
    if wants_fragment():
        response.headers["HX-Push-Url"] = listing.here  # without the empty fields of a form
    return response


def drawn_as(values: MultiDict) -> str | None:
    """What a form or link says it sits in: a kind of row (a key of COLUMNS), or None for the asset's own page."""
    word = values.get("as")
    return word if word in COLUMNS else None


def row(asset: Asset, word: str) -> str:
    """The fresh row, and the poll of the list around it, which may have to begin."""
    return render_partial("assets/_row_alone.html", asset=asset, columns=COLUMNS[word], drawn_as=word, here=_around())


def poll_delay(assets: list[Asset]) -> int | None:
    """Seconds until the page looks again: the longer a purchase lasts, the seldomer. None: all have settled."""
    ages = [
        (datetime.now(UTC) - asset.last_attempt.requested_at).total_seconds() if asset.last_attempt else LONGEST_DELAY
        for asset in assets
        if asset.is_unsettled
    ]
    return int(min(max(SHORTEST_DELAY, min(ages) / 6), LONGEST_DELAY)) if ages else None


def install(app: Flask) -> None:
    app.jinja_env.globals.update(asset_url=asset_url, poll_delay=poll_delay)


def asset_url(asset: Asset, act: str = "show", **values) -> str:
    """In the area of the person who reads. Of all assets of a list but the first one, only the number is put in."""
    patterns = g.setdefault("asset_urls", {})
    key = (act, *values.items())
    if key not in patterns:
        area = "bss" if current_user.is_staff else "storefront"
        patterns[key] = url_for(f"{area}.assets.{act}", asset_id=_ANY_ID, **values).split(str(_ANY_ID), 1)
    before, after = patterns[key]
    return f"{before}{asset.id}{after}"


def _poll(reader: User, args: MultiDict, path: str, within: Account | None, word: str) -> str:
    """Two statements. The rows stay where they are, even if they no longer match what the list is filtered by."""
    address = Address(args)
    query, choices, counts = _opening(reader, address, within)
    watched = lists.by_ids(reader, [int(text) for text in args.getlist("watch")[: lists.PAGE] if is_row_id(text)])
    tell_news(watched)
    listing = AssetList(reader, path, address, query, choices, counts, None, word)
    return render_partial("assets/_poll.html", list=listing, rows=watched)


def _around() -> str | None:
    """The address of the list that the row stands in, as the browser shows it."""
    address = urlsplit(request.headers.get("HX-Current-URL", ""))
    return own_path(address._replace(scheme="", netloc="", fragment="").geturl())


def _opening(reader: User, address: Address, within: Account | None) -> tuple[Query, Choices, Counts]:
    """One statement: what the address asks for, and how much of it there is."""
    filters = address.filters_of(reader, within)
    choices, counts = lists.opening(reader, filters)
    query = address.query(filters, choices)
    return query, choices, counts.nothing() if query.filters.is_impossible else counts


@dataclass(frozen=True)
class Chip:
    text: str
    href: str
    count: str | None = None
    is_current: bool = False


@dataclass(frozen=True)
class SortLink:
    href: str
    aria: str | None


class AssetList:
    def __init__(self, reader, path, address, query, choices, counts, page, drawn_as):
        self.reader: User = reader
        self.path: str = path
        self.address: Address = address
        self.query: Query = query
        self.choices: Choices = choices
        self.counts: Counts = counts
        self.page: Page | None = page
        self.drawn_as: str = drawn_as
        self.columns: tuple[str, ...] = COLUMNS[drawn_as]

    @property
    def rows(self) -> list[Asset]:
        return self.page.rows

    @property
    def total(self) -> str:
        return _number(self.counts.total) or _("too many to count")

    @property
    def is_filtered(self) -> bool:
        return bool(self.address.filters) or self.query.filters.is_impossible

    @property
    def here(self) -> str:
        """This page of the list again."""
        return self._href(self.address.place)

    @property
    def everything(self) -> str:
        return self.path

    @property
    def csv(self) -> str | None:
        """Only where whole lists are at home."""
        return self._href({"format": "csv"}) if self.drawn_as in ("row", "section", "own") else None

    @cached_property
    def notes(self) -> list[str]:
        return [*self.address.notes, *([self._narrowed()] if self.page.is_narrowed else [])]

    def _narrowed(self) -> str:
        orders = {
            BY_ID: _("by number, newest first"),
            SORTS["purchased"]: _("by date of purchase, newest first"),
            SORTS["redeem-by"]: _("by the last day to redeem them"),
        }
        return _(
            "More than 10,000 assets match, too many to put in this order. They are listed %(order)s; narrow it down "
            "to sort them.",
            order=orders[self.page.sort],
        )

    @cached_property
    def statuses(self) -> list[Chip]:
        """The chips of the sync status, with what each would show."""
        counts, chosen = self.counts.by_status, self.query.filters.statuses
        together = None if None in counts.values() else sum(counts.values())
        if not chosen:
            together = self.counts.total
        chips = [Chip(_("All"), self._href({}, drop=("status",)), _number(together), not chosen)]
        for status in _CHIPS:
            href = self._href({"status": status.value})
            chips.append(Chip(str(STATUS[status]), href, _number(counts[status]), chosen == (status,)))
        return chips

    @cached_property
    def chips(self) -> list[Chip]:
        """What is set and can be taken away, the sync status apart."""
        return [Chip(text, self._href({}, drop=names)) for text, names in self.address.set_filters(self.choices)]

    def sort(self, name: str) -> SortLink:
        """The other direction of the order that is on; any other begins as is most useful."""
        is_on = not self.page.is_narrowed and self.query.sort == name
        goes_down = not self.query.descending if is_on else SORTS[name].starts_descending
        aria = ("descending" if self.query.descending else "ascending") if is_on else None
        return SortLink(self._href({"sort": f"-{name}" if goes_down else name}), aria)

    @property
    def first(self) -> str | None:
        return self._href({}) if self.page.before or (self.page.has_come_from_somewhere and not self.rows) else None

    @property
    def back(self) -> str | None:
        return self._href({"before": self.page.before}) if self.page.before else None

    @property
    def next(self) -> str | None:
        return self._href({"after": self.page.after}) if self.page.after else None

    @property
    def last(self) -> str | None:
        return self._href({"last": "1"}) if self.page.after else None

    @property
    def showing(self) -> Markup:
        """Such as: 50 of 1,284, purchased 23 Nov 2026 to 8 Nov 2025."""
        words = {"shown": number(len(self.rows)), "total": self.total}
        too_many, some = _("%(shown)s; there are too many to count"), _("%(shown)s of %(total)s")
        text = Markup(too_many if self.counts.total is None else some) % words
        spans = {
            "purchased": _("purchased %(first)s to %(last)s"),
            "redeem-by": _("redeem by %(first)s to %(last)s"),
        }
        if not self.rows or self.page.is_narrowed or self.query.sort not in spans:
            return text
        of = SORTS[self.query.sort].of
        span = Markup(spans[self.query.sort]) % {
            "first": day(of(self.rows[0])),
            "last": day(of(self.rows[-1])),
        }
        return text + ", " + span

    @property
    def customers(self) -> list[tuple[int, str]]:
        """To filter by. Where there are more than are offered, the chosen one is among them all the same."""
        chosen, offered = self.choices.account, self.choices.customers
        if "customer" not in self.columns or not offered:
            return []
        is_missing = chosen is not None and chosen.id not in dict(offered)
        return [(chosen.id, chosen.name), *offered] if is_missing else offered

    def hidden(self, *names: str) -> list[tuple[str, str]]:
        """What a form must carry along so that it does not lose it: all but the fields that it has itself."""
        return [(name, value) for name, value in self.address.kept.items() if name not in names]

    def _href(self, changes: dict[str, str], drop: tuple[str, ...] = ()) -> str:
        """Every change begins at page one."""
        kept = {name: value for name, value in self.address.kept.items() if name not in drop}
        words = urlencode({**kept, **changes})
        return f"{self.path}?{words}" if words else self.path


def _number(count: int | None) -> str | None:
    """None: there are too many to count."""
    return None if count is None else f"{number(lists.CAP)}+" if count > lists.CAP else number(count)
