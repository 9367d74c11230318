"""The view model of the list of price lists."""

from collections.abc import Iterable

from werkzeug.datastructures import MultiDict

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.lists.chips import Chip
from portal.models import PriceList, PriceListState, User
from portal.services.catalog import price_list_list
from portal.services.catalog.price_list_list import Filters
from portal.web.filters import number
from portal.web.pages.pagination import Paged

STATES = {
    PriceListState.IN_USE: lazy("In use"),
    PriceListState.LATER: lazy("Begins later"),
    PriceListState.DRAFT: lazy("Draft"),
    PriceListState.ENDED: lazy("Ended"),
}
OF_PARTNERS = "partners"


class PriceLists(Paged):
    """Runs three SQL statements."""

    def __init__(self, viewer: User, args: MultiDict, *, path: str):
        super().__init__(args, path=path, names=("q", "state"))
        self.viewer, self.notes, self.today = viewer, [], clock.today()
        self._filters = Filters(self.kept.get("q", ""), self._state(), self.is_of_partners, self.today)
        self.slice = price_list_list.page(viewer, self._filters, self.place)
        self._counts = price_list_list.counts(viewer, self._filters)

    @property
    def is_of_partners(self) -> bool:
        """The lists of partners, which the distributor's staff may read."""
        return self.viewer.is_staff and self.kept.get("state") == OF_PARTNERS

    @property
    def rows(self) -> list[tuple[PriceList, int, int]]:
        """Lists with the number of their products and of their accounts."""
        return self.slice.rows

    @property
    def is_filtered(self) -> bool:
        return bool(self.kept)

    @property
    def showing(self) -> str:
        states = [OF_PARTNERS] if self.is_of_partners else [state.value for state in PriceListState]
        shown = states if self._filters.state is None else [self._filters.state.value]
        total = sum(self._counts[state] for state in shown)
        if len(self.rows) == total:
            return ngettext("%(num)s price list", "%(num)s price lists", total)
        return _("%(shown)s of %(total)s", shown=number(len(self.rows)), total=number(total))

    @property
    def chips(self) -> Iterable[Chip]:
        yield Chip(_("All"), self.href({}, "state"), is_current="state" not in self.kept)
        texts = {state.value: str(text) for state, text in STATES.items()}
        if self.viewer.is_staff:
            texts[OF_PARTNERS] = _("Of partners")
        for value, text in texts.items():
            is_set = self.kept.get("state") == value
            href = self.href({}, "state") if is_set else self.href({"state": value})
            yield Chip(text, href, is_current=is_set, count=number(self._counts[value]))

    def _state(self) -> PriceListState | None:
        text = self.kept.get("state")
        if text is None or (text == OF_PARTNERS and self.viewer.is_staff):
            return None
        try:
            return PriceListState(text)
        except ValueError:
            del self.kept["state"]
            self.notes.append(_("That filter is not known, so it was ignored."))
            return None
