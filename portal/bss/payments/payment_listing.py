"""The view model of the list of payments."""

from datetime import date

from werkzeug.datastructures import MultiDict

from portal.bss.payments.payment_wording import SHOWS
from portal.core.i18n import gettext as _
from portal.display.lists.chips import Chip
from portal.display.lists.list_address import row_id
from portal.models import Payment, User
from portal.services.accounts import account_list
from portal.services.invoicing.payments import payment_list
from portal.services.invoicing.payments.payment_list import CAP, Filters, Show
from portal.web.filters import number
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for

NAMES = ("q", "show", "account", "from", "to")


def list_address(args: MultiDict) -> str:
    """The address of the first page of such a list."""
    return Paged(args, path=url_for("bss.payments.index"), names=NAMES).href({})


class PaymentList(Paged):
    """Runs three SQL statements; a fourth if the list is limited to one account."""

    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(args, path=url_for("bss.payments.index"), names=NAMES)
        self.notes: list[str] = []
        self.account = self._account(viewer)
        show = self._read("show", Show, _("That filter is not known, so it was ignored."))
        self.from_day = self._read("from", date.fromisoformat, _("“From” is not a date, so it was ignored."))
        self.to_day = self._read("to", date.fromisoformat, _("“To” is not a date, so it was ignored."))
        account_id = self.account.id if self.account else None
        self.filters = Filters(self.kept.get("q", ""), show, account_id, self.from_day, self.to_day)
        self.slice = payment_list.page(viewer, self.filters, self.place)
        self.count = payment_list.count(viewer, self.filters)
        self.settled = payment_list.settled_by([row.id for row in self.rows])

    @property
    def rows(self) -> list[Payment]:
        return [row for (row,) in self.slice.rows]

    @property
    def is_filtered(self) -> bool:
        return bool(self.kept)

    @property
    def showing(self) -> str:
        total = f"{number(CAP)}+" if self.count > CAP else number(self.count)
        return _("%(shown)s of %(total)s", shown=number(len(self.rows)), total=total)

    @property
    def export(self) -> str:
        return self.href({"format": "csv"})

    @property
    def chips(self) -> list[Chip]:
        chips = [Chip(_("All"), self.href({}, "show"), is_current="show" not in self.kept)]
        for show, text in SHOWS.items():
            is_set = self.filters.show is show
            href = self.href({}, "show") if is_set else self.href({"show": show.value})
            chips.append(Chip(str(text), href, is_current=is_set))
        return chips

    def _account(self, viewer: User):
        account_id = row_id(self.kept.get("account"))
        found = account_list.by_id(viewer, account_id) if account_id else None
        if found is None and self.kept.pop("account", None):
            self.notes.append(_("There is no such account; all are shown."))
        return found

    def _read(self, name: str, read, refusal: str):
        text = self.kept.get(name)
        if text is None:
            return None
        try:
            return read(text)
        except ValueError:
            del self.kept[name]
            self.notes.append(refusal)
            return None
