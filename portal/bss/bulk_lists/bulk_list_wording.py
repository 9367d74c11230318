"""Texts for all bulk lists."""

import enum
from collections.abc import Callable

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.lists.chips import Chip
from portal.models import BulkState
from portal.services.bulk_lists.bulk_list_page import Counts
from portal.web.filters import number

STATES = {
    BulkState.PREPARED: lazy("Not started"),
    BulkState.RUNNING: lazy("Under way"),
    BulkState.DONE: lazy("Ended"),
    BulkState.STOPPED: lazy("Stopped"),
    BulkState.HALTED: lazy("Stopped automatically"),
}


def assets(count: int) -> str:
    return ngettext("%(n)s asset", "%(n)s assets", count, n=number(count))


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
