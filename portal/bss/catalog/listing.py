"""The view model of the list of products."""

from collections.abc import Iterable

from flask import Response
from werkzeug.datastructures import MultiDict

from portal.bss.catalog import product_columns
from portal.core.csv_safe import BYTE_ORDER_MARK, text_of
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.lists.chips import Chip
from portal.display.lists.columns import shown
from portal.models import Product, User
from portal.services.catalog import prices, product_list
from portal.services.catalog.product_list import Filters, Offer
from portal.web.filters import number
from portal.web.pages.downloads import csv_answer, name_of_list
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for

NAMES = ("q", "state")
OFFERS = {
    Offer.PUBLISHED: lazy("Published"),
    Offer.NOT_OFFERED: lazy("Not offered"),
    Offer.DRAFT: lazy("Draft"),
    Offer.WITHDRAWN: lazy("Withdrawn"),
}


def list_address(args: MultiDict) -> str:
    """The address of the first page of such a list."""
    return Paged(args, path=url_for("bss.products.index"), names=NAMES).href({})


class ProductsList(Paged):
    """Runs five SQL statements."""

    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(args, path=url_for("bss.products.index"), names=NAMES)
        self.notes: list[str] = []
        self.currencies = list(prices.currencies())
        self.columns = shown(product_columns.with_prices(self.currencies), viewer)
        self._filters = Filters(self.kept.get("q", ""), self._offer())
        self.slice = product_list.page(self._filters, self.place)
        self._counts = product_list.counts(self._filters.term)

    @property
    def rows(self) -> list[Product]:
        return [row for (row,) in self.slice.rows]

    @property
    def is_filtered(self) -> bool:
        return bool(self.kept)

    @property
    def showing(self) -> str:
        total = self._counts[self._filters.offer] if self._filters.offer else sum(self._counts.values())
        if len(self.rows) == total:
            return ngettext("%(num)s product", "%(num)s products", total)
        return _("%(shown)s of %(total)s", shown=number(len(self.rows)), total=number(total))

    @property
    def chips(self) -> Iterable[Chip]:
        total = sum(self._counts.values())
        yield Chip(_("All"), self.href({}, "state"), is_current="state" not in self.kept, count=number(total))
        for offer, text in OFFERS.items():
            is_set = self._filters.offer is offer
            href = self.href({}, "state") if is_set else self.href({"state": offer.value})
            yield Chip(str(text), href, is_current=is_set, count=number(self._counts[offer]))

    @property
    def export(self) -> str:
        return self.href({"format": "csv"})

    def offer_of(self, product: Product) -> Offer:
        return product_list.offer_of(product)

    def as_csv(self) -> Response:
        rows = product_list.all_of(self._filters)
        lines = [product_columns.heads_in_file(self.currencies)]
        lines += (product_columns.line_in_file(row, self.currencies) for row in rows)
        return csv_answer(iter([BYTE_ORDER_MARK + text_of(lines)]), name_of_list("products", "csv"))

    def _offer(self) -> Offer | None:
        text = self.kept.get("state")
        if text is None:
            return None
        try:
            return Offer(text)
        except ValueError:
            del self.kept["state"]
            self.notes.append(_("That filter is not known, so it was ignored."))
            return None
