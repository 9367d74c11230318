"""The view model of the list of accounts."""

from collections.abc import Iterator

from flask import Response
from werkzeug.datastructures import MultiDict

from portal.core import access
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.display.lists.account_columns import COLUMNS, IN_FILE
from portal.display.lists.chips import Chip
from portal.display.lists.columns import SortLink, Table, shown
from portal.display.lists.list_address import is_row_id
from portal.models import Account, AccountKind, Right, User
from portal.services.accounts import account_list
from portal.services.accounts.account_list import CAP, SORTS, Filters
from portal.services.lists import exports
from portal.web.filters import number
from portal.web.pages.downloads import Columns, csv_list
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for

NAMES = {
    "q": Right.SEE_ACCOUNTS, "kind": Right.SEE_INTERNALS, "sync": Right.SEE_ACCOUNTS, "disabled": Right.SEE_ACCOUNTS,
    "under": Right.SEE_ACCOUNTS, "sort": Right.SEE_ACCOUNTS,
}  # fmt: skip
"""The parameters of the address, and the right that each needs. Without the right a parameter is ignored."""
_SYNC = {"yes": True, "no": False}


def _names(viewer: User) -> list[str]:
    return [name for name, right in NAMES.items() if viewer.may(right)]


def list_address(viewer: User, args: MultiDict) -> str:
    """The address of the first page of such a list."""
    return Paged(args, path=url_for("accounts.index"), names=_names(viewer)).href({})


class AccountsList(Paged):
    """Runs three SQL statements; a fourth if the list is limited to the accounts under one account."""

    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(args, path=url_for("accounts.index"), names=_names(viewer))
        self.viewer = viewer
        self.columns = shown(COLUMNS, viewer, SORTS)
        self.notes: list[str] = []
        self.under = self._under()
        self.kind = self._read("kind", {"partner": AccountKind.PARTNER, "customer": AccountKind.CUSTOMER})
        self.sync = self._read("sync", _SYNC)
        self.is_disabled = bool(self._read("disabled", {"1": True}))
        self.order, self.descending = self._order()
        self._filters = Filters(self.kept.get("q", ""), self.kind, self.sync, self.is_disabled, self.under)
        self.slice = account_list.page(viewer, self._filters, self.order, self.place, descending=self.descending)
        self.count = account_list.count(viewer, self._filters)

    @property
    def rows(self) -> list[tuple[Account, int, str | None]]:
        return self.slice.rows

    @property
    def export(self) -> str:
        """The address of the whole list as a file."""
        return self.href({"format": "csv"})

    @property
    def is_filtered(self) -> bool:
        return any(name != "sort" for name in self.kept)

    @property
    def showing(self) -> str:
        total = f"{number(CAP)}+" if self.count > CAP else number(self.count)
        return _("%(shown)s of %(total)s", shown=number(len(self.rows)), total=total)

    @property
    def chips(self) -> list[Chip]:
        """The filters. They can be combined; clicking a set filter removes it."""
        names = ("kind", "sync", "disabled")
        chips = [Chip(_("All"), self.href({}, *names), is_current=not set(names) & set(self.kept))]
        if self.viewer.may(NAMES["kind"]):
            chips += [self._chip("kind", "partner", _("Partners")), self._chip("kind", "customer", _("Customers"))]
        chips.append(self._chip("sync", "yes", _("Synchronized")))
        chips.append(self._chip("sync", "no", _("Unsynchronized")))
        return [*chips, self._chip("disabled", "1", _("Disabled"))]

    def sort(self, name: str) -> SortLink:
        is_current = self.order == name
        order = f"-{name}" if is_current and not self.descending else name
        aria = ("descending" if self.descending else "ascending") if is_current else None
        return SortLink(self.href({"sort": order}), aria)

    def as_csv(self) -> Response:
        table = Table(column for column in IN_FILE if column.is_for(self.viewer))
        rows = account_list.exported(self.viewer, self._filters, self.order, descending=self.descending)

        def read() -> Iterator[Columns]:
            return map(table.cells, exports.stream(rows))

        return csv_list(
            table.heads, read, "accounts", lambda total: _("End of export: %(total)s accounts", total=total)
        )

    def _chip(self, name: str, value: str, text: str) -> Chip:
        is_set = self.kept.get(name) == value
        return Chip(text, self.href({}, name) if is_set else self.href({name: value}), is_current=is_set)

    def _read(self, name: str, values: dict):
        text = self.kept.get(name)
        if text is not None and text not in values:
            del self.kept[name]
            self.notes.append(_("That filter is not known, so it was ignored."))
        return values.get(text)

    def _under(self) -> Account | None:
        text = self.kept.pop("under", None)
        if not text:
            return None
        try:
            account = access.visible_account(self.viewer, int(text) if is_row_id(text) else 0)
        except NotVisible:
            self.notes.append(_("There is no such account; all are shown."))
            return None
        self.kept["under"] = text
        return account

    def _order(self) -> tuple[str, bool]:
        text = self.kept.get("sort", "name")
        if text.removeprefix("-") not in SORTS:
            del self.kept["sort"]
            self.notes.append(_("That order is not known, so they are sorted by name."))
            text = "name"
        return text.removeprefix("-"), text.startswith("-")
