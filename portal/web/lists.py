"""A list of assets as a page shows it: from the address to the rows, and back to the addresses of its links."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, make_response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from portal.models import Account, Asset, Right, SyncStatus, User
from portal.services import lists
from portal.services.list_sorts import SORTS
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

PICKS = ("row",)
"""Where rows can be ticked, by those who may act on them."""

SIZES = {"account": 15, "account-own": 15}
"""Where the list is one part of a page among others."""

SHORTEST_DELAY, LONGEST_DELAY = 2, 60

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
    """Three statements. `args` are those of the address, `path` is where the list stands."""
    address = Address(args)
    choices = lists.choices(reader, address.account_id)
    query = replace(address.query(choices, within), size=SIZES.get(drawn_as, lists.PAGE))
    page = lists.page(reader, query)
    return AssetList(reader, path, address, query, choices, page.counts, page, drawn_as)


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


def columns(word: str, reader: User) -> tuple[str, ...]:
    picks = word in PICKS and reader.may(Right.PROVISION)
    return ("pick", *COLUMNS[word]) if picks else COLUMNS[word]


def row(asset: Asset, word: str) -> str:
    """The fresh row, and the poll of the list around it, which may have to begin."""
    return render_partial(
        "assets/_row_alone.html", asset=asset, columns=columns(word, current_user), drawn_as=word, here=_around()
    )


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
    """In the area of the person who reads."""
    area = "bss" if current_user.is_staff else "storefront"
    return url_for(f"{area}.assets.{act}", asset_id=asset.id, **values)


def _poll(reader: User, args: MultiDict, path: str, within: Account | None, word: str) -> str:
    """Three statements. The rows stay where they are, even if they no longer match what the list is filtered by."""
    address = Address(args)
    choices = lists.choices(reader, address.account_id)
    query = address.query(choices, within)
    counts = lists.count(reader, query.filters)
    watched = lists.by_ids(reader, [int(text) for text in args.getlist("watch")[: lists.PAGE] if is_row_id(text)])
    tell_news(watched)
    listing = AssetList(reader, path, address, query, choices, counts, None, word)
    return render_partial("assets/_poll.html", list=listing, rows=watched)


def _around() -> str | None:
    """The address of the list that the row stands in, as the browser shows it."""
    address = urlsplit(request.headers.get("HX-Current-URL", ""))
    return own_path(address._replace(scheme="", netloc="", fragment="").geturl())


def rows_of(reader: User, args: MultiDict, *, within: Account | None = None) -> Iterator[Asset]:
    """All rows that the list has on all its pages, in its order. It asks when it is read, not before."""
    address = Address(args)
    yield from lists.stream(reader, address.query(lists.choices(reader, address.account_id), within))


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
        self.query: lists.Query = query
        self.choices: lists.Choices = choices
        self.counts: lists.Counts = counts
        self.page: lists.Page | None = page
        self.drawn_as: str = drawn_as
        self.columns: tuple[str, ...] = columns(drawn_as, reader)

    @property
    def rows(self) -> list[Asset]:
        return self.page.rows

    @property
    def total(self) -> str:
        return _capped(self.counts.total)

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
        notes = list(self.address.notes)
        if self.page.is_narrowed:
            notes.append(
                _(
                    "More than 10,000 assets match, too many to put in this order. They are listed by number, newest "
                    "first; narrow it down to sort them."
                )
            )
        return notes

    @cached_property
    def statuses(self) -> list[Chip]:
        """The chips of the sync status, with what each would show."""
        counts = self.counts.by_status
        chosen = self.query.filters.statuses
        chips = [Chip(_("All"), self._href({}, drop=("status",)), _capped(sum(counts.values())), not chosen)]
        for status in _CHIPS:
            href = self._href({"status": status.value})
            chips.append(Chip(str(STATUS[status]), href, _capped(counts[status]), chosen == (status,)))
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
        text = Markup(_("%(shown)s of %(total)s")) % {"shown": number(len(self.rows)), "total": self.total}
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
    def retryable(self) -> str | None:
        """How many a retry of all that match takes; None where there is none, or the list shows others."""
        is_shown = self.query.filters.statuses in ((), (SyncStatus.FAILED,))
        return _capped(self.counts.retryable) if is_shown and self.counts.retryable else None

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


def _capped(count: int) -> str:
    return f"{number(lists.CAP)}+" if count > lists.CAP else number(count)
