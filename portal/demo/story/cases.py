"""Purchases with problems, each in its current state."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from portal.demo.story import outcomes, requests
from portal.demo.story.purchase import Case
from portal.demo.story.steps import (
    LOOKUPS,
    SEARCH_OUTAGE,
    look_up,
    look_up_until,
    lost,
    not_sent,
    ordered,
    refused,
    wait_for_lookup,
)
from portal.demo.story.story import Story
from portal.models import AttemptState, CouponStanding, SyncStatus
from portal.services.coupons.evidence import NOT_AS_ASKED


def stays_refused(code: str, *, then: Callable[[Story], None] = lambda story: None) -> Callable[[Story], None]:
    def apply(story: Story) -> None:
        if code == "ExpireDaysOutOfRange":
            story.asset |= {"expire_days": 1095, "redeem_by": story.asset["purchased_on"] + timedelta(days=1095)}
        ordered(story)
        refused(story, code)
        then(story)

    return apply


def stays_unsent(cause: str) -> Callable[[Story], None]:
    def apply(story: Story) -> None:
        ordered(story)
        not_sent(story, cause)

    return apply


def never_found(story: Story) -> None:
    ordered(story)
    lost(story)
    look_up_until(story, len(LOOKUPS), outage=SEARCH_OUTAGE)
    story.settle(AttemptState.REVIEW, SyncStatus.REVIEW, cause="NeverFound")


def found_otherwise(story: Story) -> None:
    ordered(story)
    lost(story)
    half = max(1, story.asset["quantity"] // 2)
    coupon = story.issue_coupon(story.attempt["last_sent_at"] + timedelta(seconds=2), Quantity=half)
    story.at = story.attempt["last_sent_at"] + timedelta(seconds=LOOKUPS[0])
    look_up(story, "found", (coupon,))
    story.save_coupon(coupon, CouponStanding.REVIEW, NOT_AS_ASKED)
    story.alert("review", "BitTitan issued a coupon that is not as ordered.")
    story.settle(AttemptState.REVIEW, SyncStatus.REVIEW, cause="NotAsAsked")


def looked_up_today(story: Story) -> None:
    """BitTitan’s search has been down since the purchase; the next look-up is hours ahead."""
    ordered(story)
    lost(story, story.rng.choice(("TimedOut", "ConnectionLost")))
    if story.rng.random() < 0.5:
        story.issue_coupon(story.attempt["last_sent_at"] + timedelta(seconds=3))
    look_up_until(story, 5, outage=SEARCH_OUTAGE)
    wait_for_lookup(story, 5)


def looked_up_daily(story: Story) -> None:
    ordered(story)
    lost(story)
    age = (story.now - story.attempt["last_sent_at"]).total_seconds()
    step = sum(seconds < age for seconds in LOOKUPS)
    look_up_until(story, step, outage=SEARCH_OUTAGE)
    wait_for_lookup(story, step)


def just_lost(story: Story) -> None:
    """BitTitan has the coupon, so the first look-up finds it."""
    ordered(story)
    lost(story, "ConnectionLost")
    story.issue_coupon(story.attempt["last_sent_at"] + timedelta(milliseconds=400))
    wait_for_lookup(story, 1)


def waits_its_turn(story: Story) -> None:
    ordered(story)
    story.attempt["next_at"] = story.now
    story.is_due = True


def cut_off(story: Story) -> None:
    """The process that sent it has ended; when the lease ends, the attempt is looked up."""
    ordered(story)
    story.start_sending()
    story.issue_coupon()
    story.attempt["lease_until"] = story.attempt["next_at"] = story.now + timedelta(seconds=40)
    story.is_due = True


def ago(least: float, most: float) -> Callable[[Random, datetime], datetime]:
    """Returns a function that draws a moment between `least` and `most` days ago."""
    return lambda rng, now: now - timedelta(days=rng.uniform(least, most))


def late_in_the_evening(rng: Random, midnight: datetime) -> datetime:
    """Up to five days ago. Today's look-up is still to come, because this late an absence would lead to a review."""
    return midnight - timedelta(days=rng.randint(1, 5), minutes=rng.uniform(1, 12))


CASES = (
    Case(stays_refused("CreditLimitExceeded"), 7, ago(0.2, 26), is_shown=True),
    Case(never_found, 2, ago(7.6, 12), is_shown=True),
    Case(looked_up_today, 4, ago(0.1, 0.18), is_live=True, is_shown=True),
    Case(looked_up_daily, 3, late_in_the_evening),
    Case(waits_its_turn, 2, ago(0.0001, 0.0004), is_live=True),
    Case(cut_off, 2, ago(0.0001, 0.0002), is_live=True),
    Case(outcomes.bought, 1, ago(0.02, 0.03), is_live=True, is_shown=True),
    Case(just_lost, 1, ago(0.00045, 0.00055), is_live=True),
    Case(found_otherwise, 1, ago(2, 9)),
    Case(stays_refused("ExpireDaysOutOfRange", then=requests.asks_and_is_answered), 4, ago(0.6, 30)),
    Case(stays_refused("AccountNotLinked"), 3, ago(2, 40)),
    Case(stays_refused("ProductSkuNotFound"), 2, ago(5, 8)),
    Case(stays_refused("QuantityOutOfRange", then=requests.asks_in_vain), 2, ago(3, 35), quantity=12_000),
    Case(stays_refused("Forbidden"), 1, ago(9, 30)),
    Case(stays_refused("ValidationFailed"), 1, ago(5, 30)),
    Case(stays_refused("InvalidRequest"), 1, ago(12, 50)),
    Case(stays_refused("CreditLimitExceeded", then=requests.asks), 3, ago(0.9, 8), is_shown=True),
    Case(stays_unsent("ConnectionRefused"), 3, ago(0.2, 0.4)),
    Case(stays_unsent("ConnectTimedOut"), 1, ago(4, 20)),
    Case(outcomes.not_executed, 2, ago(0.5, 19)),
    Case(outcomes.bought_twice, 2, ago(4, 90)),
    Case(outcomes.corrected, 1, ago(4, 90)),
    Case(outcomes.cancelled, 20, ago(13, 900)),
    Case(outcomes.attached, 5, ago(13, 400)),
    Case(lambda story: outcomes.attached(story, is_verified=False), 1, ago(20, 200)),
    Case(outcomes.attested_then_bought, 2, ago(20, 300)),
)
