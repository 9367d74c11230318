"""Finished stories: most purchases went smoothly."""

from datetime import timedelta
from random import Random

from portal.core.audit import WORKER
from portal.demo.story import exchange_texts, requests
from portal.demo.story.purchase import Case
from portal.demo.story.steps import (
    LOOKUPS,
    SEARCH_OUTAGE,
    SEND,
    found,
    issued,
    look_up,
    look_up_until,
    lost,
    not_sent,
    ordered,
    pressed,
    refused,
)
from portal.demo.story.story import Story
from portal.demo.wording import ATTACH_REASONS, ATTEST_REASONS, CANCEL_REASONS
from portal.models import AttemptState, CouponStanding, SyncStatus, Trigger
from portal.services.coupons.identity import OTHER_CODE

RECENT = timedelta(days=12)
"""Later purchases went smoothly unless a case says otherwise, so that long stories end before now."""


def bought(story: Story) -> None:
    ordered(story)
    issued(story)


def refused_then_bought(story: Story) -> None:
    ordered(story)
    refused(story, story.rng.choice(("CreditLimitExceeded", "CreditLimitExceeded", "AccountNotLinked", "Forbidden")))
    requests.asks(story)
    story.wait(hours=story.rng.randint(1, 40), minutes=story.rng.randint(0, 59))
    pressed(story)
    issued(story)
    requests.gets_it(story)


def days_corrected(story: Story) -> None:
    """BitTitan refused the days; a colleague edited and saved."""
    expire_days, story.asset["expire_days"] = story.asset["expire_days"], 1095
    ordered(story)
    refused(story, "ExpireDaysOutOfRange")
    story.wait(hours=story.rng.randint(1, 20))
    story.open_attempt(Trigger.SAVE, story.colleague(), {"expire_days": expire_days})
    look_up(story, "absent")
    story.asset["expire_days"], refused_days = expire_days, story.asset["expire_days"]
    story.start_sending()
    coupon = story.issue_coupon()
    story.asset["expire_days"] = refused_days
    story.exchange(SEND, "issued", exchange_texts.issued(coupon), status=201)
    story.record_coupon(coupon)
    story.settle(AttemptState.SUCCEEDED, SyncStatus.SYNCHRONIZED)


def lost_then_found(story: Story) -> None:
    ordered(story)
    cause = story.rng.choice(("TimedOut", "ConnectionLost", "InternalError"))
    lost(story, cause)
    coupon = story.issue_coupon(story.attempt["last_sent_at"] + timedelta(seconds=1))
    found(story, coupon, step=story.rng.randint(0, 2))


def not_executed(story: Story) -> None:
    ordered(story)
    lost(story, "ConnectionLost")
    look_up_until(story, 4)
    story.attempt["absent_at"] = story.at
    story.wait(seconds=60)
    look_up(story, "absent")
    story.settle(AttemptState.NOT_EXECUTED, SyncStatus.FAILED, cause="ConnectionLost")


def not_executed_then_bought(story: Story) -> None:
    not_executed(story)
    story.wait(minutes=story.rng.randint(5, 600))
    pressed(story)
    issued(story)


def not_sent_then_bought(story: Story) -> None:
    ordered(story)
    not_sent(story, "ConnectionRefused")
    story.wait(minutes=story.rng.randint(30, 900))
    pressed(story)
    issued(story)


def cancelled(story: Story) -> None:
    ordered(story)
    refused(story, story.rng.choice(("CreditLimitExceeded", "Forbidden", "QuantityOutOfRange")))
    story.wait(hours=story.rng.randint(2, 70))
    story.cancel(story.colleague(), story.rng.choice(CANCEL_REASONS))


def attached(story: Story, *, is_verified: bool = True) -> None:
    ordered(story)
    refused(story, "CreditLimitExceeded")
    story.wait(hours=story.rng.randint(3, 60))
    coupon, by, why = story.issue_coupon(), story.colleague(), story.rng.choice(ATTACH_REASONS)
    if not is_verified:
        story.vendor_coupons.remove(coupon)
    story.open_attempt(Trigger.ATTACH, by)
    story.record_coupon(coupon, by=by, why=why)
    story.coupons[-1]["is_verified"] = is_verified
    if not is_verified:
        story.coupons[-1].update(bittitan_id=None, status=None, read_at=None, reference=None)
    story.settle(AttemptState.SUCCEEDED, SyncStatus.SYNCHRONIZED, by=by, why=why)


def attested_then_bought(story: Story) -> None:
    ordered(story)
    lost(story)
    look_up_until(story, len(LOOKUPS), outage=SEARCH_OUTAGE)
    story.settle(AttemptState.REVIEW, SyncStatus.REVIEW, cause="NeverFound")
    story.wait(hours=story.rng.randint(3, 20))
    by, why = story.colleague(), story.rng.choice(ATTEST_REASONS)
    story.audit("attest", by=by, why=why)
    story.settle(AttemptState.NOT_EXECUTED, SyncStatus.FAILED, cause="NeverFound", by=by, why=why)
    story.wait(minutes=3)
    pressed(story)
    issued(story)


def bought_twice(story: Story) -> None:
    """Two coupons under one reference: the older one is recorded, the other goes to the surplus register."""
    ordered(story)
    lost(story)
    first = story.issue_coupon(story.attempt["last_sent_at"] + timedelta(seconds=2))
    second = story.issue_coupon(story.attempt["last_sent_at"] + timedelta(seconds=9))
    story.at = story.attempt["last_sent_at"] + timedelta(seconds=LOOKUPS[0])
    look_up(story, "found", (first, second))
    story.record_coupon(first)
    story.save_coupon(second, CouponStanding.SURPLUS, "BitTitan issued two coupons under one reference.")
    story.alert("surplus", "BitTitan issued more than one coupon for this asset.")
    story.settle(AttemptState.SUCCEEDED, SyncStatus.SYNCHRONIZED)


def corrected(story: Story) -> None:
    """BitTitan answered with a masked code. The first look-up found the right one, and the other was withdrawn."""
    bought(story)
    masked = story.issue_coupon(Code=f"DEMO-****-{story.coupons[0]['code'][-9:]}")
    story.vendor_coupons.remove(masked)
    story.save_coupon(masked, CouponStanding.WITHDRAWN, OTHER_CODE)
    story.coupons[-1].update(bittitan_id=None, is_verified=False)
    story.audit("withdraw", by=WORKER, field="code", after=f"•••• {masked['Code'][-4:]}", why=OTHER_CODE)


_USUAL = (
    (Case(bought), 91.5),
    (Case(refused_then_bought), 3.2),
    (Case(lost_then_found), 2.2),
    (Case(not_sent_then_bought), 1.3),
    (Case(not_executed_then_bought), 1.0),
    (Case(days_corrected), 0.8),
)


def usual_case(rng: Random, age: timedelta) -> Case:
    if age < RECENT:
        return _USUAL[0][0]
    return rng.choices([case for case, _ in _USUAL], [weight for _, weight in _USUAL])[0]
