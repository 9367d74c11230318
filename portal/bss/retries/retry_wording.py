"""Texts and links for bulk retries."""

from functools import partial
from urllib.parse import parse_qsl

from portal.bss.bulk_lists.bulk_list_wording import STATES, assets, occurring, outcome_chips, rest_href  # noqa: F401
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.lists.chips import Chip
from portal.display.lists.list_address import is_cause
from portal.display.wording import delay
from portal.display.wording.cause_wording import cause_name, cause_sentence
from portal.models import Attempt, Retry, RetryOrigin
from portal.services.bulk_lists.bulk_list_page import Counts
from portal.services.bulk_retries import COMMON_CAUSE
from portal.services.bulk_retries.retry_items import Outcome, Why
from portal.web.filters import due, number
from portal.web.urls import url_for

OUTCOMES = {
    Outcome.WILL: lazy("Waiting"),
    Outcome.UNDER_WAY: lazy("Synchronizing…"),
    Outcome.CHECKING: lazy("Checking with BitTitan"),
    Outcome.REVIEW: lazy("Needs review"),
    Outcome.SYNCHRONIZED: lazy("Synchronized"),
    Outcome.FAILED: lazy("Failed"),
    Outcome.STALE: lazy("Changed in the meantime"),
    Outcome.LEFT_OUT: lazy("Left out"),
    Outcome.NOT_BEGUN: lazy("Not started"),
}
BADGES = {
    Outcome.UNDER_WAY: "synchronizing",
    Outcome.CHECKING: "unconfirmed",
    Outcome.REVIEW: "review",
    Outcome.SYNCHRONIZED: "synchronized",
    Outcome.FAILED: "failed",
}
WHYS = {
    Why.CANCELLED: lazy("It is cancelled"),
    Why.SYNCHRONIZED: lazy("It has its coupon code"),
    Why.OPEN: lazy("It is not failed: an attempt is open"),
    Why.STALE: lazy("Somebody changed it after this list was made"),
    Why.CREDITED: lazy("It was credited as not delivered after this list was made"),
    Why.PAYER: lazy("The billed account is not synchronized with BitTitan"),
    Why.SKU: lazy("BitTitan does not offer the product any more"),
    Why.SURPLUS: lazy("BitTitan has issued a coupon for it already: see the surplus register"),
    Why.IMPORTED: lazy("It was imported, and may have been bought before"),
}
ENDINGS = {
    "canary": lazy("The first one got no coupon, so the others were not started."),
    "right": lazy("The person who started it may no longer synchronize assets, so the rest was not started."),
}
_ORIGINS = {
    RetryOrigin.PICKED: lazy("Ticked in a list"),
    RetryOrigin.MATCHING: lazy("All failed assets of a list"),
    RetryOrigin.AGAIN: lazy("Repeats R-%(id)s"),
}


def href(retry: Retry, **query: object) -> str:
    return url_for("bss.retries.show", retry_id=retry.id, **query)


def index_href(**query: object) -> str:
    return url_for("bss.retries.index", **query)


def origin(retry: Retry) -> str:
    return str(_ORIGINS[retry.origin]) % {"id": retry.again_of_id}


def title(retry: Retry, counts: Counts) -> str:
    """Such as: Retry of 61 assets: No answer within the time."""
    name = ngettext("Retry of %(n)s asset", "Retry of %(n)s assets", counts.total, n=number(counts.total))
    cause = _cause(retry)
    return _("%(retry)s: %(cause)s", retry=name, cause=cause_name(cause)) if cause else name


def _cause(retry: Retry) -> str | None:
    query = dict(parse_qsl(retry.query))
    return query.get("cause") or query.get(COMMON_CAUSE)


def list_href(retry: Retry) -> str | None:
    """Returns the address of the list from which the retry was made, with its filters, or None."""
    if retry.origin is RetryOrigin.AGAIN:
        return None
    filters = {name: value for name, value in parse_qsl(retry.query) if name != COMMON_CAUSE}
    return url_for("bss.assets.index", **filters)


def cause_href(cause: str | None) -> str | None:
    """Returns the address of the page that says how to mend what stopped a retry, or None."""
    return url_for("bss.group", cause=cause) if cause and is_cause(cause) else None


def outcome_text(retry: Retry, outcome: str) -> str:
    if retry.is_prepared and outcome == Outcome.WILL:
        return _("Will be sent")
    return str(OUTCOMES[Outcome(outcome)])


def reason(retry: Retry, outcome: str, why: str | None, attempt: Attempt | None) -> str:
    """Returns the text beside the outcome; empty if there is nothing to add."""
    if why is not None:
        return str(WHYS[Why(why)])
    if attempt is None or outcome == Outcome.SYNCHRONIZED:
        return ""
    if outcome == Outcome.UNDER_WAY:
        return delay(attempt)
    if outcome == Outcome.CHECKING and attempt.next_at:
        return _("Looked up again %(when)s", when=due(attempt.next_at))
    return cause_sentence(attempt) if attempt.cause else ""


def chips(retry: Retry, counts: Counts, wanted: Outcome | None) -> list[Chip]:
    return outcome_chips(counts, wanted, partial(outcome_text, retry), partial(href, retry))


def summary(retry: Retry, counts: Counts) -> str:
    """Such as: 380 synchronized, 12 failed, 20 left out."""
    parts = [
        f"{number(counts.of(outcome))} {outcome_text(retry, outcome).rstrip('…').lower()}"
        for outcome in occurring(counts)
    ]
    return ", ".join(parts).replace("bittitan", "BitTitan")
