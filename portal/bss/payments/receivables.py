"""Billing > Receivables: who owes how much since when, and whom we owe."""

from collections.abc import Iterator

from flask import Blueprint, Response, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.core.csv_safe import BYTE_ORDER_MARK, Cells, text_of
from portal.core.i18n import gettext as _
from portal.core.money import exact
from portal.display.lists import list_search
from portal.display.lists.chips import Chip
from portal.display.statements.aging_words import AGES, ages
from portal.models import Account, Right, User
from portal.services.invoicing import aging
from portal.services.invoicing.aging import Aging, Filters
from portal.web.filters import number
from portal.web.pages.downloads import csv_answer, name_of_list
from portal.web.pages.pagination import Paged, render_list
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("receivables", __name__, url_prefix="/billing/receivables")
NAMES = ("q", "show")
_SHOWS = ("overdue", "we-owe")


class Receivables(Paged):
    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(args, path=url_for("bss.receivables.index"), names=NAMES)
        self.viewer, self.notes = viewer, []
        show = self.kept.get("show")
        if show is not None and show not in _SHOWS:
            del self.kept["show"]
            self.notes.append(_("That filter is not known, so it was ignored."))
        self.filters = Filters(self.kept.get("q", ""), show == "overdue", show == "we-owe")
        self.slice = aging.page(viewer, self.filters, self.place)
        self._agings = aging.of_accounts([account.id for account in self.accounts])
        self.totals = list(aging.totals(viewer, self.filters).values())
        self.ages = ages()

    @property
    def accounts(self) -> list[Account]:
        return [account for (account,) in self.slice.rows]

    @property
    def rows(self) -> list[tuple[Account, list[Aging]]]:
        return [(account, list(self._agings.get(account.id, {}).values())) for account in self.accounts]

    @property
    def is_filtered(self) -> bool:
        return bool(self.kept)

    @property
    def showing(self) -> str:
        return _("%(num)s on this page", num=number(len(self.accounts)))

    @property
    def export(self) -> str:
        return self.href({"format": "csv"})

    @property
    def chips(self) -> list[Chip]:
        chips = [Chip(_("All"), self.href({}, "show"), is_current="show" not in self.kept)]
        for show, text in zip(_SHOWS, (_("Overdue"), _("Not assigned or credit")), strict=True):
            is_set = self.kept.get("show") == show
            href = self.href({}, "show") if is_set else self.href({"show": show})
            chips.append(Chip(text, href, is_current=is_set))
        return chips

    def as_csv(self) -> Response:
        return csv_answer(_lines(self.viewer, self.filters), name_of_list("receivables", "csv"))


def list_address(args: MultiDict) -> str:
    """The address of the first page of such a list."""
    return Paged(args, path=url_for("bss.receivables.index"), names=NAMES).href({})


@bp.get("")
@requires(Right.SEE_INVOICES)
def index():
    return _list(request.args)


@bp.post("/searches")
@requires(Right.SEE_INVOICES)
def search():
    return list_search.answer(current_user, request.form, address_of=list_address, show=_list)


def _list(args: MultiDict):
    shown = Receivables(current_user, args)
    return shown.as_csv() if args.get("format") == "csv" else render_list("bss/payments/receivables.html", shown)


def _lines(viewer: User, filters: Filters) -> Iterator[str]:
    heads = [_("Account code"), _("Account"), _("Currency"), *(str(text) for text in AGES.values())]
    heads += [_("Open"), _("Not assigned"), _("Credit"), _("Balance")]
    yield BYTE_ORDER_MARK + text_of([heads])
    for account, rows in aging.every(viewer, filters):
        yield text_of(_line(account, row) for row in rows.values())


def _line(account: Account, row: Aging) -> Cells:
    amounts = (*(row.by_age[age] for age in AGES), row.open, row.unassigned, row.credit, row.balance)
    return [account.code, account.name, row.currency, *(exact(amount, row.currency) for amount in amounts)]
