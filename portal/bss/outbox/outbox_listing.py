"""The view model of the outbox."""

from datetime import date
from typing import Self

from werkzeug.datastructures import MultiDict

from portal.bss.outbox.outbox_wording import STATES, between, title
from portal.core import clock, languages
from portal.core.i18n import gettext as _
from portal.display.lists.chips import Chip
from portal.display.lists.list_address import row_id
from portal.display.wording.account_wording import language_name
from portal.extensions import settings
from portal.models import Message, MessageState, User
from portal.services.accounts import account_list
from portal.services.mail import events, message_list
from portal.services.mail.message_list import CAP, Filters
from portal.web.filters import number
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for

NAMES = ("q", "outcome", "event", "language", "account", "asset", "from", "to")
SHOWN = tuple(state for state in MessageState if state is not MessageState.SENDING)


def list_address(args: MultiDict) -> str:
    """The address of the first page of such a list."""
    return Paged(args, path=url_for("bss.outbox.index"), names=NAMES).href({})


class Outbox(Paged):
    """Runs five SQL statements, or six; one more for each filter by account or asset."""

    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(args, path=url_for("bss.outbox.index"), names=NAMES)
        self.notes: list[str] = []
        self.has_server = settings().mail.server is not None
        self.account, self.asset = self._account(viewer), self._asset()
        state = self._known("outcome", {state.value: state for state in SHOWN})
        event = self._known("event", {name: name for name in events.EVENTS})
        asset_id = row_id(self.kept["asset"]) if self.asset else None
        account_id = self.account.id if self.account else None
        language = self._known("language", {code: code for code in languages.offered()})
        self.first_day = self._day("from", _("“From” is not a date, so it was ignored."))
        self.last_day = self._day("to", _("“To” is not a date, so it was ignored."))
        if self.first_day and self.last_day and self.first_day > self.last_day:
            self.notes.append(_("“From” is after “To”, so nothing matches."))
        first = clock.begin_of(self.first_day) if self.first_day else None
        end = clock.end_of(self.last_day) if self.last_day else None
        self.filters = Filters(self.kept.get("q", ""), state, event, account_id, asset_id, language, first, end)
        self.viewer = viewer

    def read(self) -> Self:
        self.slice = message_list.page(self.viewer, self.filters, self.place)
        self.total = message_list.count(self.viewer, self.filters)
        self.open = message_list.counts(self.viewer)
        self.assets = message_list.numbers_of_assets(self.rows)
        return self

    @property
    def rows(self) -> list[Message]:
        return [row for (row,) in self.slice.rows]

    @property
    def is_filtered(self) -> bool:
        return bool(self.kept)

    @property
    def unknown(self) -> int:
        return self.open[MessageState.UNKNOWN]

    @property
    def showing(self) -> str:
        return _("%(shown)s of %(total)s, newest first", shown=number(len(self.rows)), total=_capped(self.total))

    @property
    def export(self) -> str:
        return self.href({"format": "csv"})

    @property
    def chips(self) -> list[Chip]:
        chips = [Chip(_("All"), self.href({}, "outcome"), is_current=self.filters.state is None)]
        for state in SHOWN:
            is_set, count = self.filters.state is state, self.open.get(state)
            href = self.href({}, "outcome") if is_set else self.href({"outcome": state.value})
            text = str(STATES[state][0])
            chips.append(Chip(text, href, count=_capped(count) if count else None, is_current=is_set))
        return chips

    @property
    def limits(self) -> list[tuple[tuple[str, ...], str]]:
        """What it is limited to, without the outcome: parameters and words."""
        set_to = self.filters
        limits = (
            (("account",), self.account.name if self.account else None),
            (("asset",), self.asset),
            (("event",), title(set_to.event) if set_to.event else None),
            (("language",), language_name(set_to.language) if set_to.language else None),
            (("from", "to"), between(self.first_day, self.last_day)),
        )
        return [(names, text) for names, text in limits if text]

    @property
    def events(self) -> list[tuple[str, str]]:
        """Name and title of each, for the filter."""
        return [(name, str(event.title)) for name, event in events.EVENTS.items()]

    @property
    def languages(self) -> list[tuple[str, str]]:
        """Code and name of each, for the filter."""
        return [(code, language_name(code)) for code in languages.offered()]

    def _account(self, viewer: User):
        account_id = row_id(self.kept.get("account"))
        found = account_list.by_id(viewer, account_id) if account_id else None
        if found is None and self.kept.pop("account", None):
            self.notes.append(_("There is no such account; all are shown."))
        return found

    def _asset(self) -> str | None:
        found = message_list.asset_number(row_id(self.kept.get("asset")))
        if found is None and self.kept.pop("asset", None):
            self.notes.append(_("There is no such asset; all are shown."))
        return found

    def _day(self, name: str, refusal: str) -> date | None:
        try:
            return date.fromisoformat(self.kept[name]) if name in self.kept else None
        except ValueError:
            del self.kept[name]
            self.notes.append(refusal)
            return None

    def _known(self, name: str, known: dict):
        text = self.kept.get(name)
        if text is not None and text not in known:
            del self.kept[name]
            self.notes.append(_("That filter is not known, so it was ignored."))
        return known.get(text)


def _capped(count: int) -> str:
    return f"{number(CAP)}+" if count > CAP else number(count)
