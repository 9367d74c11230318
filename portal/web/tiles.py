"""The numbers of the work queue; each opens the list that it counts."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from portal.services.queue import Queue
from portal.web import holds
from portal.web.filters import capped


@dataclass(frozen=True)
class Tile:
    tone: str
    icon: str
    text: str
    value: str
    sub: str
    href: str


def tiles(queue: Queue) -> list[Tile]:
    held = holds.is_anything_held()
    waiting = _("Held") if held else _("Waiting to be sent")
    goes_on = _held() if held else _("It is their turn in a moment")
    rows = [
        ("failed", "failed", _("Failed"), queue.failed, _("Nothing was bought for these"), {"status": "failed"}),
        ("review", "review", _("Needs review"), queue.review, _("A person has to decide"), {"status": "review"}),
        (
            "waiting",
            "unconfirmed",
            _("Checking with BitTitan"),
            queue.unconfirmed,
            _("Looked up by themselves"),
            {"status": "unconfirmed"},
        ),
        ("waiting", "held", waiting, queue.waiting, goes_on, {"status": "synchronizing"}),
        ("waiting", "retry", _("Asked for"), queue.asked, _("Partners wait for an answer"), {"asked": "1"}),
        (
            "expiring",
            "expiring",
            _("Unredeemed, 30 days left"),
            queue.expiring,
            _("Remind whoever has the code"),
            {"redeem": "expiring", "sort": "redeem-by"},
        ),
    ]
    active = {"lifecycle": "active"}
    return [
        Tile(tone if count else "", icon, text, capped(count), sub, url_for("bss.assets.index", **active, **words))
        for tone, icon, text, count, sub, words in rows
    ]


def _held() -> str:
    return _("Until a person acts") if holds.needs_somebody() else _("They go on by themselves")
