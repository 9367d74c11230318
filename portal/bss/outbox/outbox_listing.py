"""The view model of the outbox."""

from werkzeug.datastructures import MultiDict

from portal.bss.outbox.outbox_wording import STATES
from portal.core.i18n import gettext as _
from portal.display.lists.chips import Chip
from portal.display.lists.list_address import row_id
from portal.extensions import settings
from portal.models import Message, MessageState, User
from portal.services.accounts import account_list
from portal.services.mail import events, message_list
from portal.services.mail.message_list import CAP, Filters
from portal.web.filters import number
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for

NAMES = ("q", "outcome", "event", "account", "asset")
SHOWN = tuple(state for state in MessageState if state is not MessageState.SENDING)


def list_address(args: MultiDict) -> str:
    """The address of the first page of such a list."""
    return Paged(args, path=url_for("bss.outbox.index"), names=NAMES).href({})


class Outbox(Paged):
    """Runs five SQL statements; one more for each filter by account or asset."""

    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(args, path=url_for("bss.outbox.index"), names=NAMES)
        self.notes: list[str] = []
        self.has_server = settings().mail.server is not None
        self.account, self.asset = self._account(viewer), self._asset()
        state = self._known("outcome", {state.value: state for state in SHOWN})
        event = self._known("event", {name: name for name in events.EVENTS})
        asset_id = row_id(self.kept["asset"]) if self.asset else None
        account_id = self.account.id if self.account else None
        self.filters = Filters(self.kept.get("q", ""), state, event, account_id, asset_id)
        self.slice = message_list.page(viewer, self.filters, self.place)
        self.total = message_list.count(viewer, self.filters)
        self.open = message_list.counts(viewer)

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
    def chips(self) -> list[Chip]:
        chips = [Chip(_("All"), self.href({}, "outcome"), is_current=self.filters.state is None)]
        for state in SHOWN:
            is_set, count = self.filters.state is state, self.open.get(state)
            href = self.href({}, "outcome") if is_set else self.href({"outcome": state.value})
            text = str(STATES[state][0])
            chips.append(Chip(text, href, count=_capped(count) if count else None, is_current=is_set))
        return chips

    @property
    def limits(self) -> list[tuple[str, str]]:
        """The account or asset that it is limited to: parameter and name."""
        limits = [("account", self.account.name)] if self.account else []
        return [*limits, ("asset", self.asset)] if self.asset else limits

    @property
    def events(self) -> list[tuple[str, str]]:
        """Name and title of each, for the filter."""
        return [(name, str(event.title)) for name, event in events.EVENTS.items()]

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

    def _known(self, name: str, known: dict):
        text = self.kept.get(name)
        if text is not None and text not in known:
            del self.kept[name]
            self.notes.append(_("That filter is not known, so it was ignored."))
        return known.get(text)


def _capped(count: int) -> str:
    return f"{number(CAP)}+" if count > CAP else number(count)
