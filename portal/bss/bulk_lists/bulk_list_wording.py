"""Texts for all bulk lists."""

import enum
from collections.abc import Callable
from datetime import date
from urllib.parse import parse_qsl

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.lists.chips import Chip
from portal.models import BulkList, BulkState
from portal.services.bulk_lists.bulk_list_page import Counts
from portal.web.filters import number
from portal.web.urls import url_for

STATES = {
    BulkState.PREPARED: lazy("Not started"),
    BulkState.RUNNING: lazy("Under way"),
    BulkState.DONE: lazy("Ended"),
    BulkState.STOPPED: lazy("Stopped"),
    BulkState.HALTED: lazy("Stopped automatically"),
}


def assets(count: int) -> str:
    return ngettext("%(n)s asset", "%(n)s assets", count, n=number(count))


def rest_href(row: BulkList, purchased_from: date) -> str:
    """Returns the address of the list of assets for which there was no room."""
    filters = dict(parse_qsl(row.query)) | {"from": purchased_from.isoformat()}
    return url_for("bss.assets.index", **filters)


def outcome_chips(
    counts: Counts, wanted: enum.StrEnum | None, text: Callable[[enum.StrEnum], str], href: Callable[..., str]
) -> list[Chip]:
    """Returns a chip for all assets, and one for each outcome that occurs."""

    def chip(outcome: enum.StrEnum) -> Chip:
        is_current, count = outcome is wanted, number(counts.of(outcome))
        return Chip(text(outcome), href(outcome=outcome.value), count, is_current, id=f"chip-{outcome}")

    every = Chip(_("All"), href(), number(counts.total), wanted is None, id="chip-all")
    return [every, *(chip(outcome) for outcome in occurring(counts))]


def occurring(counts: Counts) -> list[enum.StrEnum]:
    return [outcome for outcome in counts.use.outcomes if counts.of(outcome)]
