"""Reads the address of an asset list, notes what cannot be read, and writes the address again.

A parameter that cannot be read is left out, and a note says so. An account that the viewer may not see is treated
exactly like one that does not exist; so is a filter or an order by something that this viewer may not see (`needs` in
services/lists/list_filters.py and list_sorts.py).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.core.paging import MAX_ID
from portal.core.viewer import Tree
from portal.display.wording import STATUS, code_status
from portal.display.wording.cause_wording import cause_name
from portal.display.wording.storefront_words import GROUP_STATES, GROUPS, OF_CODES, WORDS
from portal.models import NO_CURRENCY, Account, AtBitTitan, Lifecycle, SyncStatus, User
from portal.services.lists import Choices, Query
from portal.services.lists.list_filters import Filters, Redeem, may_narrow
from portal.services.lists.list_sorts import may_sort
from portal.services.lists.search_terms import LONGEST, understand
from portal.web.filters import day
from portal.web.forms import LOST, has_controls

PLACES = ("after", "before", "last")
FILTERS = {
    "q": "term", "status": "statuses", "lifecycle": "lifecycle", "product": "product_id", "account": "account_id",
    "redeem": "redeem", "from": "purchased_from", "to": "purchased_to", "asked": "is_asked", "cause": "cause",
    "billed": "billed_id", "redeem-from": "redeem_from", "redeem-to": "redeem_to", "due": "redeem_from",
    "ends": "ends_from", "ends-from": "ends_from", "ends-to": "ends_to",
    "imported": "is_imported", "currency": "currency", "at": "at_bittitan", "unconfirmed": "unanswered_since",
}  # fmt: skip
"""The address parameters, and the names of their filters in `Filters`."""
REDEEM_TEXTS = {
    Redeem.NO_CODE: lazy("No code yet"),
    Redeem.READY: WORDS[OF_CODES[Redeem.READY]],
    Redeem.UNREDEEMED: lazy("Not redeemed"),
    Redeem.EXPIRING: lazy("Unredeemed, 30 days left"),
    Redeem.REDEEMED: WORDS[OF_CODES[Redeem.REDEEMED]],
    Redeem.LAPSED: lazy("Expired unredeemed"),
    Redeem.EXPIRED: lazy("Expired"),
}
DUE_TEXTS = {"this-month": lazy("this month"), "next-month": lazy("next month")}
_MONTHS = {"this-month": 0, "next-month": 1}
DEFAULT_SORT = "-purchased"
NO_PRICE = "none"
"""In the place of a currency."""
_COLUMN = re.compile(r"[a-z-]{1,20}")


class Address:
    def __init__(self, viewer: User, args: Mapping[str, str]):
        self._viewer = viewer
        self._args = {name: args[name] for name in args if may_narrow(viewer, FILTERS.get(name, name))}
        self.notes: list[str] = []
        self.kept: dict[str, str] = {}
        """What every link contains: the parameters that could be read, without the place in the list."""
        self.term = self._term()
        self.statuses = self._read("status", _statuses, _("That status is not known, so all are shown.")) or ()
        self.lifecycle = self._read("lifecycle", Lifecycle, _("That lifecycle status is not known, so all are shown."))
        self.redeem = self._read("redeem", Redeem, _("That filter is not known, so it was ignored."))
        self.purchased_from = self._read("from", date.fromisoformat, _("“From” is not a date, so it was ignored."))
        self.purchased_to = self._read("to", date.fromisoformat, _("“To” is not a date, so it was ignored."))
        self.redeem_from = self._read("redeem-from", date.fromisoformat, _("“From” is not a date, so it was ignored."))
        self.redeem_to = self._read("redeem-to", date.fromisoformat, _("“To” is not a date, so it was ignored."))
        self.due = self._read("due", _MONTHS.__getitem__, _("That filter is not known, so it was ignored."))
        self.ends = self._read("ends", _MONTHS.__getitem__, _("That filter is not known, so it was ignored."))
        self.ends_from = self._read("ends-from", date.fromisoformat, _("“From” is not a date, so it was ignored."))
        self.ends_to = self._read("ends-to", date.fromisoformat, _("“To” is not a date, so it was ignored."))
        self.is_imported = self._read("imported", {"1": True}.__getitem__, None) or False
        self.account_id = self._read("account", _row_id, None)
        self.product_id = self._read("product", _row_id, None)
        self.cause = self._read("cause", _cause, _("That reason is not known, so it was ignored."))
        self.billed_id = self._read("billed", _row_id, None)
        self.is_asked = self._read("asked", {"1": True}.__getitem__, None) or False
        self.currency = self._read("currency", _currency, _("That currency is not known, so all are shown."))
        self.at_bittitan = self._read("at", AtBitTitan, _("That filter is not known, so it was ignored."))
        self.unconfirmed = self._read("unconfirmed", _days, _("That is no number of days, so it was ignored."))
        self.sort, self.descending = self._sort()
        self.columns = self._columns()
        """The optional columns in the address; the list itself checks whether they exist and who may see them."""
        self.wants_workbook = self._args.get("format") == "xlsx"

    @property
    def filters(self) -> dict[str, str]:
        return {name: value for name, value in self.kept.items() if name not in ("sort", "columns")}

    @property
    def is_by_freshness(self) -> bool:
        return self.at_bittitan is not None or self.unconfirmed is not None

    @property
    def is_by_end(self) -> bool:
        return any(name in self.kept for name in ("ends", "ends-from", "ends-to"))

    @property
    def place(self) -> dict[str, str]:
        return {name: self._args[name] for name in PLACES if self._args.get(name)}

    def filters_of(self, within: Account | None) -> Filters:
        """Returns the filters, before it is known whether the account and the product exist."""
        viewer, term = self._viewer, understand(self._viewer, self.term)
        return Filters(
            term=term,
            statuses=self.statuses,
            lifecycle=self.lifecycle,
            product_id=self.product_id,
            account_id=self.account_id,
            account=Tree.of(viewer.account) if self.account_id == viewer.account_id else None,
            within=within and Tree.of(within),
            purchased_from=self.purchased_from,
            purchased_to=self.purchased_to,
            redeem=self.redeem,
            redeem_from=max(filter(None, (self.redeem_from, _month(self.due)[0])), default=None),
            redeem_to=min(filter(None, (self.redeem_to, _month(self.due)[1])), default=None),
            ends_from=max(filter(None, (self.ends_from, _month(self.ends)[0])), default=None),
            ends_to=min(filter(None, (self.ends_to, _month(self.ends)[1])), default=None),
            is_imported=self.is_imported,
            is_asked=self.is_asked,
            cause=self.cause,
            billed_id=self.billed_id,
            currency=self.currency,
            at_bittitan=self.at_bittitan,
            unanswered_since=self.unconfirmed and datetime.now(UTC) - timedelta(days=self.unconfirmed),
            is_impossible=bool(self.term) and term is None,
        )

    def query(self, filters: Filters, choices: Choices) -> Query:
        impossible = filters.is_impossible or self._is_impossible(choices)
        return Query(
            replace(filters, account=choices.account and Tree.of(choices.account), is_impossible=impossible),
            sort=self.sort,
            descending=self.descending,
            after=self._args.get("after"),
            before=self._args.get("before"),
            from_the_end=self._args.get("last") == "1",
        )

    def set_filters(self, choices: Choices) -> list[tuple[str, tuple[str, ...]]]:
        """Returns text and parameters of each filter that is set, except the sync status."""
        products = dict(choices.products)
        texts = {
            "q": lambda: _("Matches “%(term)s”", term=self.term),
            "account": lambda: choices.account.name if choices.account else _("An account that does not exist"),
            "product": lambda: products.get(self.product_id) or _("A product that does not exist"),
            "lifecycle": lambda: _("Active") if self.lifecycle is Lifecycle.ACTIVE else _("Cancelled"),
            "redeem": lambda: str(REDEEM_TEXTS[self.redeem]),
            "due": lambda: _("Redeem by: %(month)s", month=DUE_TEXTS[self.kept["due"]]),
            "redeem-from": lambda: _("Redeem by %(day)s or later", day=day(self.redeem_from).striptags()),
            "redeem-to": lambda: _("Redeem by %(day)s or earlier", day=day(self.redeem_to).striptags()),
            "ends": lambda: _("Licences end: %(month)s", month=DUE_TEXTS[self.kept["ends"]]),
            "ends-from": lambda: _("Licences end on %(day)s or later", day=day(self.ends_from).striptags()),
            "ends-to": lambda: _("Licences end on %(day)s or earlier", day=day(self.ends_to).striptags()),
            "imported": lambda: _("Imported"),
            "from": lambda: _("Purchased since %(day)s", day=day(self.purchased_from).striptags()),
            "to": lambda: _("Purchased until %(day)s", day=day(self.purchased_to).striptags()),
            "cause": lambda: _("Failed: %(cause)s", cause=cause_name(self.cause)),
            "billed": lambda: _("Billed to %(name)s", name=choices.billed or _("an account that does not exist")),
            "currency": lambda: _("Price in %(currency)s", currency=self.currency) if self.currency else _("No price"),
            "at": lambda: _("At BitTitan: %(status)s", status=code_status.WORDS[self.at_bittitan]),
            "unconfirmed": lambda: code_status.not_confirmed_for(self.unconfirmed),
            "asked": lambda: _("Asked to synchronize again") if self._viewer.is_staff else _("Asked to try again"),
        }
        is_said_above = self.redeem in OF_CODES and not self._viewer.is_staff  # among the statuses
        names = [name for name in texts if name in self.kept and not (name == "redeem" and is_said_above)]
        return [(texts[name](), (name,)) for name in names]

    def says(self) -> str:
        """Returns the name of the chosen status, for the text of an empty list."""
        if not self.statuses:
            return str(WORDS[OF_CODES[self.redeem]]) if self.redeem in OF_CODES else ""
        if self.kept["status"] in GROUPS:
            return str(WORDS[GROUP_STATES[self.kept["status"]]])
        return str(STATUS[self.statuses[0]])

    def _is_impossible(self, choices: Choices) -> bool:
        if "account" in self._args and self._args["account"] and not choices.account:
            self.notes.append(_("There is no such account."))
            return True
        return bool(self._args.get("product")) and self.product_id not in dict(choices.products)

    def _term(self) -> str:
        term = " ".join(self._args.get("q", "").split())
        if len(term) > LONGEST:
            self.notes.append(_("Search for at most %(most)s characters.", most=LONGEST))
            term = term[: LONGEST + 1]
        if has_controls(term) or LOST in term:
            self.notes.append(_("Leave out unreadable characters: no name has them."))
        if term:
            self.kept["q"] = term
        return term

    def _read(self, name: str, read: Callable[[str], Any], refusal: str | None) -> Any:
        text = self._args.get(name, "").strip()
        if not text:
            return None
        try:
            value = read(text)
        except (ValueError, KeyError):
            if refusal:
                self.notes.append(refusal)
            return None
        self.kept[name] = text
        return value

    def _sort(self) -> tuple[str, bool]:
        text = self._args.get("sort", "") or DEFAULT_SORT
        name = text.removeprefix("-")
        if not may_sort(self._viewer, name):
            self.notes.append(_("That order is not known, so the newest are shown first."))
            text, name = DEFAULT_SORT, DEFAULT_SORT.removeprefix("-")
        if text != DEFAULT_SORT:
            self.kept["sort"] = text
        return name, text.startswith("-")

    def _columns(self) -> tuple[str, ...]:
        names = dict.fromkeys(self._args.get("columns", "").split(","))
        return self.keep_columns(name for name in names if _COLUMN.fullmatch(name))

    def keep_columns(self, names: Iterable[str]) -> tuple[str, ...]:
        """Sets the columns that every link contains."""
        self.columns = tuple(names)
        self.kept.pop("columns", None)
        if self.columns:
            self.kept["columns"] = ",".join(self.columns)
        return self.columns


def add_months(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def _month(later: int | None) -> tuple[date | None, date | None]:
    """The first and the last day of the month that is so many months later than this one."""
    if later is None:
        return None, None
    first = add_months(clock.today().replace(day=1), later)
    return first, add_months(first, 1) - timedelta(days=1)


def address_of(viewer: User, path: str, args: Mapping[str, str]) -> str:
    """Returns the address of the first page of such a list."""
    query = urlencode(Address(viewer, args).kept)
    return f"{path}?{query}" if query else path


def row_id(text: str | None) -> int | None:
    """Returns the id, or None if the text cannot be one."""
    return int(text) if text and is_row_id(text) else None


def is_cause(text: str) -> bool:
    """Whether the text has the form of a cause, BitTitan's or the portal's own."""
    return re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", text) is not None


def _cause(text: str) -> str:
    if not is_cause(text):
        raise ValueError
    return text


def is_row_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 11 and 0 < int(text) <= MAX_ID


def _days(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise ValueError
    return int(text)


def _currency(text: str) -> str:
    if text == NO_PRICE:
        return NO_CURRENCY
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError
    return text


def _statuses(text: str) -> tuple[SyncStatus, ...]:
    return GROUPS.get(text) or (SyncStatus(text),)


def _row_id(text: str) -> int:
    if not is_row_id(text):
        raise ValueError
    return int(text)
