"""Small links that narrow what a list shows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from portal.core.i18n import gettext as _
from portal.display.wording.storefront_words import GROUP_STATES, GROUPS, OF_CODES, WORDS
from portal.services.lists import Counts
from portal.services.lists.list_filters import Filters
from portal.web.filters import capped


@dataclass(frozen=True)
class Chip:
    text: str
    href: str
    count: str | None = None
    is_current: bool = False
    id: str | None = None


def storefront_chips(filters: Filters, counts: Counts, href: Callable[..., str]) -> list[Chip]:
    """For partners and customers: what they can do with the licences, not how these are obtained. What became of a code
    is not counted, as each coupon would have to be read. `href` makes an address of changes to the current one."""
    is_of_codes = filters.redeem in OF_CODES
    drop = ("redeem",) if is_of_codes else ()

    def sum_of(numbers: Iterable[int | None]) -> str | None:
        numbers = list(numbers)
        return None if is_of_codes or None in numbers else capped(sum(numbers))

    is_all = not filters.statuses and not is_of_codes
    total = _number(counts.total) if is_all else sum_of(counts.by_status.values())
    chips = [Chip(_("All"), href({}, drop=("status", *drop)), total, is_all)]
    for word, statuses in GROUPS.items():
        address = href({"status": word}, drop=drop)
        text = str(WORDS[GROUP_STATES[word]])
        number = sum_of(counts.of(status, filters) for status in statuses)
        chips.append(Chip(text, address, number, filters.statuses == statuses))
    for redeem, state in OF_CODES.items():
        count = _number(counts.total) if filters.redeem is redeem else None
        address = href({"redeem": redeem.value}, drop=("status",))
        chips.append(Chip(str(WORDS[state]), address, count, filters.redeem is redeem))
    return chips


def _number(count: int | None) -> str | None:
    return None if count is None else capped(count)
