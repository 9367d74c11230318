"""Events after a coupon was recorded: the asset is renamed, a note is added, the code is revealed and redeemed, or
expires.
"""

from datetime import datetime, timedelta
from typing import Any

from portal.core import clock
from portal.demo.story import exchange_texts
from portal.demo.story.story import Story
from portal.models import SyncStatus
from portal.models.text_keys import collation_key, search_key

_TAKES_DAYS = 28
"""Days on average from the purchase until somebody redeems the code."""
_NIGHTLY = timedelta(hours=8)


def add_coupon_events(story: Story) -> None:
    """Adds the events from the purchase until now."""
    _rename(story)
    _add_note(story)
    if story.asset["sync_status"] is SyncStatus.SYNCHRONIZED and story.coupons[0]["is_verified"]:
        _redeem_or_expire(story)
    name = story.asset["name"]
    story.asset |= {"name_key": search_key(name), "name_sort": collation_key(name)}
    story.audits.sort(key=lambda entry: entry["at"])


def _rename(story: Story) -> None:
    """Some assets get their name with the order, others later."""
    name = story.purchase.name
    ended = story.at
    if name == story.asset["name"]:
        return
    if story.asset["sync_status"] is SyncStatus.SYNCHRONIZED and story.rng.random() < 0.4:
        story.at = _between(story, ended, min(story.now, ended + timedelta(days=30)))
        story.change("name", name, story.purchase.placed_by)
        story.at = ended
    else:
        story.asset["name"] = name


def _add_note(story: Story) -> None:
    if story.purchase.note and story.asset["sync_status"] in (SyncStatus.SYNCHRONIZED, SyncStatus.FAILED):
        ended, story.at = story.at, _between(story, story.at, story.now)
        story.change("note", story.purchase.note, story.colleague())
        story.at = ended


def _redeem_or_expire(story: Story) -> None:
    row = story.coupons[0]
    coupon = next(coupon for coupon in story.vendor_coupons if coupon["Code"] == row["code"])
    redeemed_at = _redeemed_at(story, row)
    if redeemed_at is not None:
        coupon |= {"Status": "Redeemed", "RedeemedDate": exchange_texts.instant(redeemed_at)}
        row |= {"status": "Redeemed", "redeemed_at": redeemed_at, "redeemed_on": clock.day_of(redeemed_at)}
        _reveal(story, redeemed_at - timedelta(minutes=story.rng.randint(2, 300)))
    elif row["expires_at"] <= story.now:
        coupon["Status"] = row["status"] = "Expired"
    elif story.rng.random() < 0.3:
        _reveal(story, _between(story, row["recorded_at"], story.now))
    if story.now - row["recorded_at"] > timedelta(days=1):
        row["read_at"] = min(story.now - _NIGHTLY, row["expires_at"] + timedelta(days=1))


def _redeemed_at(story: Story, row: dict[str, Any]) -> datetime | None:
    """Most are redeemed within weeks; many of those that expire soon were forgotten."""
    runs_out_soon = timedelta(0) < row["expires_at"] - story.now < timedelta(days=30)
    after = timedelta(days=story.rng.expovariate(1 / _TAKES_DAYS), minutes=30)
    redeemed_at = row["recorded_at"] + after
    is_used = story.rng.random() < (0.4 if runs_out_soon else 0.9)
    return redeemed_at if is_used and redeemed_at < min(story.now, row["expires_at"]) else None


def _reveal(story: Story, at: datetime) -> None:
    story.at = max(at, story.coupons[0]["recorded_at"] + timedelta(seconds=20))
    if story.at < story.now:
        story.audit("reveal", by=story.purchase.placed_by if story.rng.random() < 0.7 else story.colleague())


def _between(story: Story, start: datetime, end: datetime) -> datetime:
    """Returns a random moment, more likely an early one."""
    return start + (end - start) * story.rng.random() ** 2
