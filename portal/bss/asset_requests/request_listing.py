"""The view model of the list of requests."""

from werkzeug.datastructures import MultiDict

from portal.core.i18n import gettext as _
from portal.display.assets.request_words import STATES
from portal.display.lists.chips import Chip
from portal.display.lists.list_address import row_id
from portal.models import AssetRequest, AssetRequestState, User
from portal.services.asset_requests import request_list
from portal.services.asset_requests.request_list import CAP, Filters
from portal.web.filters import number
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for

NAMES = ("q", "state", "asset")


def list_address(args: MultiDict) -> str:
    """The address of the first page of such a list."""
    return Paged(args, path=url_for("bss.asset_requests.index"), names=NAMES).href({})


class RequestList(Paged):
    """Runs three SQL statements."""

    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(args, path=url_for("bss.asset_requests.index"), names=NAMES)
        self.notes: list[str] = []
        self.asset_id = row_id(self.kept.get("asset"))
        if self.asset_id is None and self.kept.pop("asset", None):
            self.notes.append(_("There is no such asset; all are shown."))
        self.filters = Filters(self.kept.get("q", ""), self._state(), self.asset_id)
        self.slice = request_list.page(viewer, self.filters, self.place)
        self.count = request_list.count(viewer, self.filters)
        self.open = request_list.count(viewer, Filters(state=AssetRequestState.OPEN))

    @property
    def rows(self) -> list[AssetRequest]:
        return [row for (row,) in self.slice.rows]

    @property
    def is_filtered(self) -> bool:
        return bool(self.kept)

    @property
    def showing(self) -> str:
        return _("%(shown)s of %(total)s, newest first", shown=number(len(self.rows)), total=_capped(self.count))

    @property
    def export(self) -> str:
        return self.href({"format": "csv"})

    @property
    def chips(self) -> list[Chip]:
        chips = [Chip(_("All"), self.href({}, "state"), is_current=self.filters.state is None)]
        for state, (text, *_look) in STATES.items():
            is_set = self.filters.state is state
            href = self.href({}, "state") if is_set else self.href({"state": state.value})
            count = _capped(self.open) if state is AssetRequestState.OPEN and self.open else None
            chips.append(Chip(str(text), href, count=count, is_current=is_set))
        return chips

    def _state(self) -> AssetRequestState | None:
        known = {state.value: state for state in AssetRequestState}
        text = self.kept.get("state")
        if text is not None and text not in known:
            del self.kept["state"]
            self.notes.append(_("That filter is not known, so it was ignored."))
        return known.get(text)


def _capped(count: int) -> str:
    return f"{number(CAP)}+" if count > CAP else number(count)
