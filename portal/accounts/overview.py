"""The status of an account's assets as a bar, with a link for each status."""

from dataclasses import dataclass

from flask import current_app

from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.display.wording import STATUS
from portal.display.wording.storefront_words import GROUP_STATES, GROUPS, HAS_CODE, WORDS
from portal.models import Account, Lifecycle, SyncStatus, User
from portal.services.accounts.account_page import AccountSummary
from portal.web.filters import capped
from portal.web.urls import url_for

_TONES = {
    SyncStatus.SYNCHRONIZED: "positive",
    SyncStatus.SYNCHRONIZING: "waiting",
    SyncStatus.UNCONFIRMED: "waiting",
    SyncStatus.REVIEW: "caution",
    SyncStatus.FAILED: "negative",
}
_GAP, _LEAST = 0.4, 1.6


@dataclass(frozen=True)
class Part:
    text: str
    tone: str
    href: str | None
    start: float
    width: float
    """Per cent of the bar; at least so much that it can be seen."""


@dataclass(frozen=True)
class Overview:
    sentence: str
    rest: str
    parts: list[Part]


def overview(account: Account, viewer: User, around: AccountSummary) -> Overview | None:
    if not around.assets_total:
        return None
    good = around.overview.get(SyncStatus.SYNCHRONIZED, 0)
    if not viewer.is_staff:
        return _for_storefront(account, viewer, around, good)
    counts = [(status, around.overview[status]) for status in _TONES if around.overview.get(status)]
    sentence = ngettext(
        "%(good)s of %(num)s asset is synchronized.", "%(good)s of %(total)s assets are synchronized.",
        around.assets_total, good=capped(good), total=capped(around.assets_total),
    )  # fmt: skip
    rest = ", ".join(_count_text(status, count) for status, count in counts if status is not SyncStatus.SYNCHRONIZED)
    groups = [(str(STATUS[status]), _TONES[status], status.value, count) for status, count in counts]
    return Overview(sentence, f"{rest[:1].upper()}{rest[1:]}." if rest else "", _parts(account, viewer, groups))


def _for_storefront(account: Account, viewer: User, around: AccountSummary, good: int) -> Overview:
    sentence = ngettext(
        "%(good)s of %(num)s asset has its code.", "%(good)s of %(total)s assets have their code.",
        around.assets_total, good=capped(good), total=capped(around.assets_total),
    )  # fmt: skip
    groups = [(str(HAS_CODE), "positive", SyncStatus.SYNCHRONIZED.value, good)]
    for word, tone in (("preparing", "waiting"), ("looked-into", "caution")):
        count = sum(around.overview.get(status, 0) for status in GROUPS[word])
        groups.append((str(WORDS[GROUP_STATES[word]]), tone, word, count))
    return Overview(sentence, "", _parts(account, viewer, [group for group in groups if group[-1]]))


def assets_href(account: Account, viewer: User, status: str | None = None) -> str | None:
    """Returns the address of the list of this account's assets, including accounts below, in the viewer's area. None if
    the app has no such list."""
    endpoint = "bss.assets.index" if viewer.is_staff else "storefront.assets.index"
    if endpoint not in current_app.view_functions:
        return None
    filters = {"account": account.id} if account.id != viewer.account_id else {}
    if status:
        filters |= {"status": status, "lifecycle": Lifecycle.ACTIVE.value}
    return url_for(endpoint, **filters)


def calendar_href(account: Account, viewer: User) -> str | None:
    """As `assets_href`, of the calendar."""
    endpoint = "bss.calendar.index" if viewer.is_staff else "storefront.calendar.index"
    if endpoint not in current_app.view_functions:
        return None
    return url_for(endpoint, **({"account": account.id} if account.id != viewer.account_id else {}))


def _count_text(status: SyncStatus, count: int) -> str:
    sentences = {
        SyncStatus.SYNCHRONIZING: lambda: ngettext("%(n)s is under way", "%(n)s are under way", count, n=capped(count)),
        SyncStatus.UNCONFIRMED: lambda: ngettext(
            "%(n)s is being checked with BitTitan", "%(n)s are being checked with BitTitan", count, n=capped(count)
        ),
        SyncStatus.REVIEW: lambda: ngettext("%(n)s needs review", "%(n)s need review", count, n=capped(count)),
        SyncStatus.FAILED: lambda: _("%(n)s failed", n=capped(count)),
    }
    return sentences[status]()


def _parts(account: Account, viewer: User, groups: list[tuple[str, str, str, int]]) -> list[Part]:
    """`groups`: text, tone, status in the address, and number."""
    total = sum(count for *_words, count in groups)
    room = 100 - _GAP * (len(groups) - 1)
    widths = [max(_LEAST, room * count / total) for *_words, count in groups]
    scale = room / sum(widths)
    parts, start = [], 0.0
    for (text, tone, status, count), width in zip(groups, widths, strict=True):
        href = assets_href(account, viewer, status)
        parts.append(Part(f"{text} {capped(count)}", tone, href, round(start, 2), round(width * scale, 2)))
        start += width * scale + _GAP
    return parts
