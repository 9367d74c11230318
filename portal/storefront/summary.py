"""The counters of licences that are not ready; each links to the list that it counts."""

from portal.core.i18n import gettext as _
from portal.display.inbox_counters import Counter, capped
from portal.display.wording.storefront_words import GROUP_STATES, GROUPS, WORDS
from portal.services.lists import Counts
from portal.services.lists.list_filters import Filters
from portal.web.urls import url_for


def tiles(counts: Counts) -> list[Counter]:
    """Returns a tile for each group of statuses that occurs."""
    numbers = {word: sum(counts.of(status, Filters()) for status in statuses) for word, statuses in GROUPS.items()}
    return [_tile(word, number) for word, number in numbers.items() if number]


def _tile(word: str, count: int) -> Counter:
    href, state = url_for("storefront.assets.index", status=word), GROUP_STATES[word]
    tone, sub = {
        "preparing": ("waiting", _("The codes will be here soon")),
        "looked-into": ("review", _("No need to order again")),
    }[word]
    return Counter(tone, state.value, str(WORDS[state]), capped(count), sub, href)
