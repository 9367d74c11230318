"""The view model of a comparison's page."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Self

from werkzeug.datastructures import MultiDict

from portal.bss.reconciliation import finding_filters
from portal.bss.reconciliation.runs.panels import Panel, columns_of
from portal.core.i18n import gettext as _
from portal.display.lists.chips import Chip
from portal.display.reconciliation import suggestion_signs
from portal.display.reconciliation.suggestion_signs import Sign
from portal.display.wording import reconciliation_wording as words
from portal.display.wording.finding_wording import kind_words
from portal.models import Asset, Finding, FindingKind, ReconciliationRun, ReconciliationState, ShownCoupon, User
from portal.services.reconciliation.viewing import finding_list, names, possible, whole_kinds
from portal.services.reconciliation.viewing.finding_list import SHORTEST, StatusGroup
from portal.web.filters import day, number
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for

FIRST, CARDS = 10, 5
"""Rows of each kind, while all kinds are shown; cards, which are long."""


def run_address(run: ReconciliationRun, args: MultiDict) -> str:
    return Paged(args, path=url_for("bss.reconciliation.show", run_id=run.id), names=finding_filters.NAMES).href({})


class RunView(Paged):
    """Nine statements at most, however many differences there are."""

    panels: Sequence[Panel] = ()

    def __init__(self, viewer: User, run: ReconciliationRun, args: MultiDict):
        super().__init__(args, path=url_for("bss.reconciliation.show", run_id=run.id), names=finding_filters.NAMES)
        self.viewer, self.run, self.notes = viewer, run, []
        self._drop_unknown()
        self.filters = finding_filters.of(self.kept)
        self.part, self.kind, self.has_case = self.filters.part, self.filters.kind, self.filters.has_case
        if 0 < len(self.filters.text) < SHORTEST:
            self.notes.append(_("Search for at least %(least)s letters; all are shown.", least=SHORTEST))

    def read(self) -> Self:
        if self.run.state is not ReconciliationState.DONE:
            return self
        self.counts, self.cases = finding_list.counts(self.viewer, self.run)
        is_whole = self.part is StatusGroup.OPEN and not self.has_case
        last_ids = finding_list.last_ids(self.viewer, self.run) if is_whole else {}
        self.panels = [self._panel(kind, rows, last_ids) for kind, rows in self._rows().items()]
        shown = [row for panel in self.panels for row in panel.rows]
        self.names = names.of(self.viewer, [row.shown for row in shown])
        self.assets = possible.assets(self.viewer, self.run.id, shown)
        return self

    @property
    def is_searched(self) -> bool:
        return len(self.filters.text) >= SHORTEST

    @property
    def export(self) -> str:
        return self.href({}).replace(self.path, f"{self.path}/differences.csv", 1)

    @property
    def parts(self) -> list[Chip]:
        return [*(self._part_chip(part, str(text)) for part, text in words.PARTS.items()), *self._case_chip()]

    @property
    def kinds(self) -> list[Chip]:
        """Those of which there is any; the one that is chosen leads back to all."""
        counts = self._counts
        return [self._kind_chip(kind) for kind in FindingKind if counts[kind] or kind is self.kind]

    @property
    def waiting(self) -> int:
        """Decided, and not carried out yet. Only what is shown is counted."""
        return sum(row.state.value == "chosen" for panel in self.panels for row in panel.rows)

    @property
    def has_receipts(self) -> bool:
        return bool(self.counts[StatusGroup.SET_ASIDE] or self.counts[StatusGroup.DONE] or self.waiting)

    def kind_href(self, kind: FindingKind) -> str:
        return self.href({"kind": kind.value})

    def finding_href(self, row: Finding) -> str:
        """Its page, which leads to the others of this list."""
        return url_for("bss.reconciliation.finding", finding_id=row.id, **self.kept)

    def signs(self, row: Finding) -> list[Sign]:
        if row.counterpart is not None:
            return suggestion_signs.of_pair(row.shown, row.counterpart.asset)
        if self.possible(row):
            return suggestion_signs.of_several()
        return [*suggestion_signs.of_coupon(row.shown, self.names), suggestion_signs.no_asset()]

    def product(self, shown: ShownCoupon) -> str:
        if shown.sku_id is None:
            return _("Not known")
        return self.names.products.get(shown.sku_id) or _("Not sold here")

    def value(self, field: str, text: str | None) -> str:
        """What a record or BitTitan says, in words."""
        if text is None:
            return "–"
        if field == "expiry":
            return day(date.fromisoformat(text)).striptags()
        by_id = {"product": self.names.products, "organisation": self.names.organizations}.get(field, {})
        return by_id.get(text, text)

    def possible(self, row: Finding) -> list[Asset]:
        """Assets that fit where none is suggested."""
        return self.assets.get(row.id, [])

    @property
    def _counts(self) -> Counter[FindingKind]:
        return (self.cases if self.has_case else self.counts)[self.part]

    def _part_chip(self, part: StatusGroup, text: str) -> Chip:
        count = number(self.counts[part].total())
        is_current = part is self.part and not self.has_case
        return Chip(text, self.href({"part": part.value}, "kind", "case"), count, is_current)

    def _case_chip(self) -> Iterator[Chip]:
        """Those of which a case is open at BitTitan: they are set aside until one of the two sides changes."""
        part, count = StatusGroup.SET_ASIDE, self.cases[StatusGroup.SET_ASIDE].total()
        if count or self.has_case:
            href = self.href({"part": part.value, "case": "1"}, "kind")
            yield Chip(_("With an open case"), href, number(count), self.has_case)

    def _kind_chip(self, kind: FindingKind) -> Chip:
        is_current = kind is self.kind
        href = self.href({}, "kind") if is_current else self.kind_href(kind)
        return Chip(kind_words(kind), href, number(self._counts[kind]), is_current)

    def _rows(self) -> finding_list.ByKind:
        """In the order of the kinds."""
        if self.kind is not None:
            self.slice = finding_list.page(self.viewer, self.run, self.filters, self.place)
            rows = [row for (row,) in self.slice.rows]
            return {self.kind: rows} if rows else {}
        found = finding_list.first_of_each(self.viewer, self.run, self.filters, FIRST + 1)
        return {kind: found[kind] for kind in FindingKind if kind in found}

    def _panel(self, kind: FindingKind, rows: list[Finding], last_ids: dict[FindingKind, int]) -> Panel:
        columns = columns_of(kind, self.part)
        shown = rows if self.kind else rows[: FIRST if columns else CARDS]
        total = None if self.is_searched else self._counts[kind]
        last_id = last_ids.get(kind) if kind in whole_kinds.ACTS and not self.is_searched else None
        return Panel(kind, shown, columns, total, len(rows) > len(shown), last_id)

    def _drop_unknown(self) -> None:
        for name, words_of in (("part", StatusGroup), ("kind", FindingKind)):
            if name in self.kept and finding_filters.known(self.kept, name, words_of) is None:
                del self.kept[name]
                self.notes.append(_("That filter is not known, so it was ignored."))
