"""Texts and links for bulk operations."""

from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl

from markupsafe import Markup
from sqlalchemy import Row

from portal.bss.bulk_lists.bulk_list_wording import STATES, assets, occurring, outcome_chips, rest_href  # noqa: F401
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.lists.chips import Chip
from portal.display.wording.cause_wording import cause_name
from portal.display.wording.code_status import RESULTS
from portal.display.wording.coupon_wording import revocation_words
from portal.models import BulkKind, BulkOperation, BulkOrigin, CheckResult
from portal.services.bulk_lists.bulk_list_page import Counts
from portal.services.bulk_operations import bulk_kinds
from portal.services.bulk_operations.bulk_items import Outcome
from portal.services.bulk_operations.bulk_kinds import Why
from portal.services.bulk_operations.bulk_page import Preview
from portal.web.filters import day, number
from portal.web.urls import url_for

ENDINGS = {"right": lazy("The person who started it may no longer change assets, so the rest was left as it is.")}
_OUTCOMES = {
    Outcome.REFUSED: lazy("BitTitan refused, still active"),
    Outcome.UNANSWERED: lazy("No clear answer for a week, still active"),
    Outcome.UNKNOWN: lazy("Not known yet, still active"),
    Outcome.REVOKED: lazy("Revoked and cancelled"),
    Outcome.WILL_REVOKE: lazy("Revoked first"),
    Outcome.STALE: lazy("Left, changed meanwhile"),
    Outcome.LEFT_OUT: lazy("Left"),
    Outcome.NOT_BEGUN: lazy("Not started"),
}
_DONE = {
    BulkKind.CANCEL: lazy("Cancelled"),
    BulkKind.ANNOTATE: lazy("Annotated"),
    BulkKind.RENAME: lazy("Renamed"),
    BulkKind.CHECK: lazy("Answered"),
}
_WILL = {
    BulkKind.CANCEL: lazy("At once"),
    BulkKind.ANNOTATE: lazy("Annotated"),
    BulkKind.RENAME: lazy("Renamed"),
    BulkKind.CHECK: lazy("Asked"),
}
_MARKS = {
    Outcome.WILL: ("done", "tick"),
    Outcome.WILL_REVOKE: ("moving", "synchronizing"),
    Outcome.REFUSED: ("wrong", "failed"),
    Outcome.UNANSWERED: ("wrong", "warning"),
    Outcome.UNKNOWN: ("moving", "unconfirmed"),
    Outcome.DONE: ("done", "synchronized"),
    Outcome.REVOKED: ("done", "synchronized"),
    Outcome.STALE: ("off", "lock"),
    Outcome.LEFT_OUT: ("off", "lock"),
    Outcome.NOT_BEGUN: ("off", "off"),
}
"""Class and icon of the state."""
_TONES = (
    ("positive", (Outcome.DONE, Outcome.REVOKED)),
    ("negative", (Outcome.REFUSED, Outcome.UNANSWERED)),
    ("waiting", (Outcome.UNKNOWN,)),
)
WHYS = {
    Why.CANCELLED: lazy("It is cancelled already"),
    Why.OPEN: lazy("BitTitan is being asked for its coupon"),
    Why.CHECKING: lazy("It is being checked with BitTitan"),
    Why.REVIEW: lazy("It needs a review first"),
    Why.STALE: lazy("Somebody changed it after this list was made"),
    Why.REDEEMED: lazy("Its coupon is redeemed: BitTitan does not take it back"),
    Why.ASKED: lazy("BitTitan is being asked to revoke its coupon already"),
    Why.UNVERIFIED: lazy("BitTitan never verified its code: withdraw the code first"),
    Why.NO_ID: lazy("BitTitan never gave its coupon’s Id: revoke it in BitTitan’s own portal"),
    Why.SAME: lazy("Nothing would change"),
    Why.LONG: lazy("The result would be too long"),
    Why.NO_CODE: lazy("It has no coupon code"),
    Why.NO_ANSWER: lazy("BitTitan gave no answer about it, so its status and age stay"),
    Why.REFUSED: lazy("The result cannot be kept: look at it on the asset’s page"),
    Why.HIDDEN: lazy("It is not there any more for the person who started this"),
}
_ORIGINS = {BulkOrigin.PICKED: lazy("Ticked in a list"), BulkOrigin.MATCHING: lazy("All assets of a list")}
CHANGE_NOTHING = {
    BulkKind.CANCEL: lazy("Keep them all"),
    BulkKind.ANNOTATE: lazy("Change nothing"),
    BulkKind.RENAME: lazy("Change nothing"),
    BulkKind.CHECK: lazy("Ask nothing"),
}


def act(kind: BulkKind, count: int) -> str:
    """What the button does and to how many, such as: Cancel 41 assets."""
    n = number(count)
    if kind is BulkKind.CANCEL:
        return ngettext("Cancel %(n)s asset", "Cancel %(n)s assets", count, n=n)
    if kind is BulkKind.ANNOTATE:
        return ngettext("Annotate %(n)s asset", "Annotate %(n)s assets", count, n=n)
    if kind is BulkKind.CHECK:
        return ngettext("Ask BitTitan about %(n)s asset", "Ask BitTitan about %(n)s assets", count, n=n)
    return ngettext("Rename %(n)s asset", "Rename %(n)s assets", count, n=n)


def href(operation: BulkOperation, **query: object) -> str:
    return url_for("bss.bulk.show", operation_id=operation.id, **query)


def index_href(**query: object) -> str:
    return url_for("bss.bulk.index", **query)


def title(operation: BulkOperation, counts: Counts) -> str:
    """Such as: Cancel 43 assets; after the start: 39 of 43 cancelled."""
    if operation.is_prepared:
        return act(operation.kind, counts.total)
    told = {"done": number(counts.of(Outcome.DONE, Outcome.REVOKED)), "total": number(counts.total)}
    if operation.cancels:
        return _("%(done)s of %(total)s cancelled", **told)
    if operation.kind is BulkKind.ANNOTATE:
        return _("%(done)s of %(total)s annotated", **told)
    if operation.asks:
        return _("BitTitan answered about %(done)s of %(total)s", **told)
    return _("%(done)s of %(total)s renamed", **told)


def origin(operation: BulkOperation) -> str:
    if operation.origin is BulkOrigin.CAUSE:
        return _("From “%(cause)s”", cause=cause_name(_query(operation)["cause"]))
    return str(_ORIGINS[operation.origin])


def back_href(operation: BulkOperation) -> str:
    """Returns the address of the page from which it was made, with the list's filters."""
    query = _query(operation)
    if operation.origin is BulkOrigin.CAUSE:
        return url_for("bss.group", cause=query["cause"])
    return url_for("bss.assets.index", **query)


def _query(operation: BulkOperation) -> dict[str, str]:
    return dict(parse_qsl(operation.query))


def mark(operation: BulkOperation, outcome: str) -> tuple[str, str]:
    if outcome == Outcome.WILL and not operation.is_prepared:
        return ("moving", "synchronizing")
    return _MARKS[Outcome(outcome)]


def outcome_text(operation: BulkOperation, outcome: str) -> str:
    if outcome == Outcome.WILL:
        return str(_WILL[operation.kind]) if operation.is_prepared else _("Waiting")
    if outcome == Outcome.DONE:
        return str(_DONE[operation.kind])
    return str(_OUTCOMES[Outcome(outcome)])


def reason(row: Row) -> str | Markup:
    """Returns the text below the outcome; empty if there is nothing to add."""
    item, _asset, _account, _payer, coupon, revocation, outcome, why = row
    if why == Why.REDEEMED and coupon is not None and coupon.redeemed_at:
        return Markup("{} {}").format(_("Redeemed on"), day(coupon.redeemed_at))
    if why is not None:
        return str(WHYS[Why(why)])
    if outcome == Outcome.DONE and item.after is not None and item.before is None:
        return str(RESULTS[CheckResult(item.after)])
    is_open = outcome in (Outcome.UNKNOWN, Outcome.REFUSED, Outcome.UNANSWERED)
    return revocation_words(revocation) if is_open and revocation is not None else ""


def names(operation: BulkOperation, row: Row) -> tuple[str, str] | None:
    """Returns the name before and after; None for what is not renamed."""
    item, asset, outcome = row[0], row[1], row[6]
    if operation.kind is not BulkKind.RENAME or not operation.choices:
        return None
    if item.after is not None:
        return item.before, item.after
    is_ahead = outcome == Outcome.WILL
    return (asset.name, bulk_kinds.new_name(operation.choices, asset.name)) if is_ahead else None


def chips(operation: BulkOperation, counts: Counts, wanted: Outcome | None) -> list[Chip]:
    return outcome_chips(counts, wanted, partial(outcome_text, operation), partial(href, operation))


def summary(operation: BulkOperation, counts: Counts) -> str:
    """Such as: 380 cancelled, 12 left."""
    return "; ".join(f"{outcome_text(operation, each)}: {number(counts.of(each))}" for each in occurring(counts))


def left_in_words(preview: Preview) -> str:
    """Such as: 2: It needs a review first; 1: It is cancelled already."""
    return "; ".join(f"{number(each.count)}: {WHYS[why]}" for why, each in preview.left.items())


@dataclass(frozen=True)
class Part:
    tone: str
    text: str
    start: float
    width: float


def parts(operation: BulkOperation, counts: Counts) -> list[Part]:
    """Returns the bar of a receipt."""
    groups = [(tone, [each for each in outcomes if counts.of(each)]) for tone, outcomes in _TONES]
    known = {each for _tone, outcomes in _TONES for each in outcomes}
    groups.append(("track", [each for each in Outcome if each not in known and counts.of(each)]))
    found, start = [], 0.0
    for tone, outcomes in groups:
        width = 100 * counts.of(*outcomes) / max(counts.total, 1)
        if outcomes:
            text = ", ".join(f"{outcome_text(operation, each)} {number(counts.of(each))}" for each in outcomes)
            found.append(Part(tone, text, round(start, 2), round(width, 2)))
        start += width
    return found


def still_active(counts: Counts) -> int:
    return counts.of(Outcome.REFUSED, Outcome.UNANSWERED, Outcome.UNKNOWN)
