"""The counters of the work queue; each links to the list of assets that it counts."""

from dataclasses import dataclass

from portal.core.i18n import gettext as _
from portal.display import connection_status
from portal.display.wording.amounts import worth_in_brief
from portal.services.inbox import MOST_EXPIRING, InboxCounts
from portal.services.lists.totals import Sum
from portal.web.filters import ago, capped, number, soon
from portal.web.urls import url_for


@dataclass(frozen=True)
class Counter:
    tone: str
    icon: str
    text: str
    value: str
    sub: str
    href: str
    amounts: tuple[str, ...] = ()
    """One line each."""
    id: str | None = None
    """Lets the focus stay when the page polls."""


def counters(queue: InboxCounts) -> list[Counter]:
    held = connection_status.is_anything_held()
    waiting = _("Held") if held else _("Waiting to be sent")
    goes_on = _held() if held else _("They are sent in a moment")
    asked = _("By partners or customers")
    rows = [
        ("failed", "failed", _("Failed"), queue.failed, _("Ended without a code"), {"status": "failed"}),
        ("review", "review", _("Needs review"), queue.review, _("A person has to decide"), {"status": "review"}),
        (
            "waiting", "unconfirmed", _("Checking with BitTitan"), queue.unconfirmed, _("Checked automatically"),
            {"status": "unconfirmed"},
        ),
        ("waiting", "held", waiting, queue.waiting, goes_on, {"status": "synchronizing"}),
        ("waiting", "retry", _("Asked to synchronize again"), queue.asked, asked, {"asked": "1"}),
        (
            "expiring", "expiring", _("Unredeemed, 30 days left"), queue.expiring, _("Remind the customer"),
            {"redeem": "expiring", "sort": "redeem-by"},
        ),
    ]  # fmt: skip
    next_look = _("next check %(time)s", time=soon(queue.next_at)) if queue.next_at else None
    return [
        Counter(
            tone if assets.count else "",
            icon,
            text,
            f"{number(MOST_EXPIRING)}+" if _is_cut(icon, assets) else capped(assets.count),
            _since(assets, next_look if icon == "unconfirmed" else None) or sub,
            url_for("bss.assets.index", lifecycle="active", **filters),
            amounts=() if _is_cut(icon, assets) else tuple(worth_in_brief(assets)),
            id=f"tile-{icon}",
        )
        for tone, icon, text, assets, sub, filters in rows
    ]


def _is_cut(icon: str, assets: Sum) -> bool:
    """Whether there are more than were added up, so that their amounts would be too small."""
    return icon == "expiring" and assets.count > MOST_EXPIRING


def _held() -> str:
    return _("Waiting for an administrator") if connection_status.needs_somebody() else _("They continue automatically")


def _since(assets: Sum, next_look: str | None) -> str:
    """Such as: oldest 6 days, next look 14:05."""
    age = _("oldest %(age)s", age=ago(assets.since)) if assets.since else None
    return ", ".join(filter(None, (age, next_look)))
