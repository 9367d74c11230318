"""The view model of an asset list: rows, counts, and the addresses of its links."""

from functools import cached_property
from operator import attrgetter
from urllib.parse import urlencode

from markupsafe import Markup

from portal.core.i18n import gettext as _
from portal.display.lists.asset_columns import BY_END, FRESHNESS, Layout, choosable, layout
from portal.display.lists.chips import Chip, storefront_chips
from portal.display.lists.columns import Column, ShownColumn, SortLink
from portal.display.lists.list_address import DUE_TEXTS, REDEEM_TEXTS, Address
from portal.display.wording import STATUS, code_status
from portal.models import Right, SyncStatus, User
from portal.services.lists import Choices, Counts, Page, Query
from portal.services.lists.list_filters import Redeem
from portal.services.lists.list_sorts import BY_ID, SORTS
from portal.services.lists.listed_asset import ListedAsset
from portal.web.filters import capped, day, number

_CHIPS = (
    SyncStatus.FAILED,
    SyncStatus.REVIEW,
    SyncStatus.UNCONFIRMED,
    SyncStatus.SYNCHRONIZING,
    SyncStatus.SYNCHRONIZED,
)


def asked_layout(name: str, viewer: User, address: Address) -> Layout:
    """With the columns that somebody chose, and those by which the list is filtered."""
    freshness = FRESHNESS if address.is_by_freshness else ()
    return layout(name, viewer, (*address.columns, *freshness, *(BY_END if address.is_by_end else ())))


class AssetList:
    def __init__(self, viewer, path, address, query, choices, counts, page, row_layout):
        self.viewer: User = viewer
        self.path: str = path
        self.address: Address = address
        self.query: Query = query
        self.choices: Choices = choices
        self.counts: Counts = counts
        self.page: Page | None = page
        self.choosable: tuple[Column, ...] = choosable(row_layout, viewer)
        self.layout: Layout = asked_layout(row_layout, viewer, address)
        self.columns: tuple[ShownColumn, ...] = self.layout.shown(viewer)
        address.keep_columns(self.layout.chosen)

    @property
    def row_layout(self) -> str:
        """The layout's name, which each row passes on."""
        return str(self.layout)

    def has(self, name: str) -> bool:
        """Whether the list shows this column."""
        return any(column.name == name for column in self.columns)

    @property
    def rows(self) -> list[ListedAsset]:
        return self.page.rows

    @property
    def total(self) -> str:
        return _number(self.counts.total) or _("too many to count")

    @property
    def is_filtered(self) -> bool:
        return bool(self.address.filters) or self.query.filters.is_impossible

    @property
    def here(self) -> str:
        """The address of this page of the list."""
        return self.href(self.address.place)

    @property
    def everything(self) -> str:
        return self.path

    def export(self, kind: str) -> str:
        """Returns the address of the whole list as a file."""
        return self.href({"format": kind})

    @property
    def export_with_codes(self) -> str | None:
        """The address to which a form posts for the export with codes; None without the right to reveal codes."""
        if not self.viewer.may(Right.REVEAL_CODES):
            return None
        query = urlencode(self.address.kept)
        return f"{self.path}/exports?{query}" if query else f"{self.path}/exports"

    @cached_property
    def notes(self) -> list[str]:
        notes = list(self.address.notes)
        if self.address.wants_workbook:
            notes.append(
                _(
                    "An Excel workbook holds up to 100,000 assets, and this list has more. Use the CSV file, or narrow "
                    "the list down."
                )
            )
        return [*notes, self._narrowed()] if self.page.is_narrowed else notes

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
        """The chips of the status, each with the number of assets that it would show."""
        if not self.viewer.is_staff:
            return storefront_chips(self.query.filters, self.counts, self.href)
        counts, chosen = self.counts.by_status, self.query.filters.statuses
        total = None if None in counts.values() else sum(counts.values())
        if not chosen:
            total = self.counts.total
        chips = [Chip(_("All"), self.href({}, drop=("status",)), _number(total), not chosen)]
        for status in _CHIPS:
            href = self.href({"status": status.value})
            count = self.counts.of(status, self.query.filters)
            chips.append(Chip(str(STATUS[status]), href, _number(count), chosen == (status,)))
        return chips

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters that are set and can be removed, except the sync status."""
        return [Chip(text, self.href({}, drop=names)) for text, names in self.address.set_filters(self.choices)]

    def sort(self, name: str) -> SortLink:
        """Returns the link that sorts by this column: reverses the current order, or starts with the more useful
        direction."""
        is_current = not self.page.is_narrowed and self.query.sort == name
        is_descending = not self.query.descending if is_current else SORTS[name].starts_descending
        aria = ("descending" if self.query.descending else "ascending") if is_current else None
        return SortLink(self.href({"sort": f"-{name}" if is_descending else name}), aria)

    @property
    def column_choice(self) -> list[Chip]:
        """A link for each optional column, which adds or removes the column."""
        chosen = self.layout.chosen
        links = []
        for column in self.choosable:
            is_chosen = column.name in chosen
            names = [other.name for other in self.choosable if (other.name in chosen) != (other is column)]
            changes = {"columns": ",".join(names)} if names else {}
            links.append(Chip(str(column.heading), self.href(changes, drop=("columns",)), is_current=is_chosen))
        return links

    @property
    def first(self) -> str | None:
        return self.href({}) if self.page.before or (self.page.has_come_from_somewhere and not self.rows) else None

    @property
    def back(self) -> str | None:
        return self.href({"before": self.page.before}) if self.page.before else None

    @property
    def next(self) -> str | None:
        return self.href({"after": self.page.after}) if self.page.after else None

    @property
    def last(self) -> str | None:
        return self.href({"last": "1"}) if self.page.after else None

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
        day_of = attrgetter("purchased_on" if self.query.sort == "purchased" else "redeem_by")
        span = Markup(spans[self.query.sort]) % {"first": day(day_of(self.rows[0])), "last": day(day_of(self.rows[-1]))}
        return text + ", " + span

    @property
    def offers_retry(self) -> bool:
        """Whether the list offers to retry all that match: some can be retried, and no other status is chosen."""
        return self.counts.retryable != 0 and self.query.filters.statuses in ((), (SyncStatus.FAILED,))

    @property
    def retryable(self) -> str | None:
        """The number of assets that such a retry takes; None if there are too many to count."""
        return _number(self.counts.retryable)

    @property
    def customers(self) -> list[tuple[int, str]]:
        """The customers to filter by. The chosen one is always among them, even if there are too many to offer all."""
        chosen, offered = self.choices.account, self.choices.customers
        if not self.has("customer") or not offered:
            return []
        is_missing = chosen is not None and chosen.id not in dict(offered)
        return [(chosen.id, chosen.name), *offered] if is_missing else offered

    @property
    def codes(self) -> list[tuple[str, str]]:
        """What can be chosen about the code: value and text. Partners and customers find expired codes by one word."""
        left_out = (Redeem.LAPSED,) if self.viewer.is_staff else (Redeem.EXPIRED,)
        texts = REDEEM_TEXTS | ({} if self.viewer.is_staff else {Redeem.LAPSED: REDEEM_TEXTS[Redeem.EXPIRED]})
        return [(redeem.value, str(text)) for redeem, text in texts.items() if redeem not in left_out]

    @property
    def answers(self) -> list[tuple[str, str]]:
        """What BitTitan can say about a code: value and text."""
        return [(at.value, str(text)) for at, text in code_status.WORDS.items()]

    @property
    def months(self) -> list[tuple[str, str]]:
        return [(value, str(text).capitalize()) for value, text in DUE_TEXTS.items()]

    @property
    def names_accounts(self) -> bool:
        """Whether it can be narrowed to an account that is typed by its name."""
        return self.has("customer")

    def hidden(self, *names: str) -> list[tuple[str, str]]:
        """Returns the hidden fields of a form: all that is set, except the form's own fields."""
        return [(name, value) for name, value in self.address.kept.items() if name not in names]

    def href(self, changes: dict[str, str], drop: tuple[str, ...] = ()) -> str:
        """Returns the address with these changes, at page one."""
        kept = {name: value for name, value in self.address.kept.items() if name not in drop}
        query = urlencode({**kept, **changes})
        return f"{self.path}?{query}" if query else self.path


def _number(count: int | None) -> str | None:
    """Formats the count; None stands for too many to count."""
    return None if count is None else capped(count)
