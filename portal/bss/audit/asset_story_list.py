"""The view model of the story of an asset."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Self

from werkzeug.datastructures import MultiDict

from portal.bss.audit.audit_rows import Line, line_of
from portal.bss.audit.audit_wording import Wording
from portal.bss.audit.story_wording import answer, attempt, comparison, request
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.lists.chips import Chip
from portal.models import Asset, AuditEntry, User
from portal.services.audit_log import asset_story, audit_subjects
from portal.services.audit_log.asset_story import Event, Part
from portal.services.audit_log.audit_subjects import Key, Named
from portal.web.filters import number
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for

PARTS = {
    Part.CHANGES: lazy("Changes and codes shown"),
    Part.SALE: lazy("Order and invoices"),
    Part.PURCHASE: lazy("Attempts and requests"),
    Part.ANSWERS: lazy("Answers about the code"),
}


class AssetStory(Paged):
    """Two SQL statements."""

    rows: list[Line]

    def __init__(self, asset: Asset, viewer: User, args: MultiDict):
        super().__init__(args, path=url_for("bss.assets.story", asset_id=asset.id), names=("part",))
        self.asset, self._viewer = asset, viewer
        self.part = next((part for part in Part if part.value == self.kept.get("part")), None)
        if self.part is None:
            self.kept.pop("part", None)

    def read(self) -> Self:
        self.slice = asset_story.page(self.asset, self.part, self.place)
        events = [event for (event,) in self.slice.rows]
        named = audit_subjects.names_of(event.entry for event in events if event.entry)
        self.rows = list(self._lines(events, named))
        return self

    def _lines(self, events: Iterable[Event], named: dict[Key, Named]) -> Iterable[Line]:
        words = Wording()
        for event in events:
            if event.entry:
                yield self._without_the_asset(line_of(event.entry, named, words, self._viewer), event.entry)
            elif event.exchange:
                yield request(event.exchange, event.attempt)
            elif event.attempt:
                yield attempt(event.attempt)
            elif event.status_check:
                yield answer(event.status_check)
            else:
                yield comparison(event.finding, self._viewer)

    def _without_the_asset(self, line: Line, entry: AuditEntry) -> Line:
        """It is about nothing else; and all of it is of one account."""
        return replace(line, more="", **({"about": "", "href": None} if entry.subject == "asset" else {}))

    @property
    def showing(self) -> str:
        return _("%(shown)s shown, newest first", shown=number(len(self.rows)))

    @property
    def chips(self) -> list[Chip]:
        chips = [Chip(_("Everything"), self.href({}, "part"), is_current=self.part is None)]
        for part, text in PARTS.items():
            chips.append(Chip(str(text), self.href({"part": part.value}), is_current=self.part is part))
        return chips
