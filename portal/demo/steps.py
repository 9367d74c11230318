"""What stories are made of: somebody asks, something is sent, an answer comes or gets lost, somebody looks."""

from datetime import timedelta

from portal.demo import wire
from portal.demo.story import Story
from portal.demo.wording import MESSAGES, STATUSES
from portal.models import AttemptState, ExchangeKind, SyncStatus, Trigger

LOOKUPS = (15, 60, 300, 900, 3600, 21600, *(day * 86400 for day in range(1, 8)))
"""Seconds after the send, as in the default settings; what other settings say is for what comes."""
SEND, LOOKUP = ExchangeKind.SEND, ExchangeKind.LOOKUP
DARK = timedelta(hours=21)
"""So long BitTitan’s search was away, where it matters: longer than an absence could have been concluded."""


def ordered(story: Story) -> None:
    story.open(Trigger.ORDER, story.purchase.placed_by)


def pressed(story: Story) -> None:
    """Looks first: an earlier attempt of this asset may have brought a coupon after all."""
    story.open(Trigger.PRESS, story.colleague())
    story.attempt["looked_first_at"] = story.at
    look(story, "absent")


def issued(story: Story) -> None:
    story.sends()
    coupon = story.coupon()
    story.exchange(SEND, "issued", wire.issued(coupon), status=201)
    story.recorded(coupon)
    story.settle(AttemptState.SUCCEEDED, SyncStatus.SYNCHRONIZED)


def refused(story: Story, code: str) -> None:
    story.sends()
    story.exchange(SEND, "refused", wire.refused(code, story.uuid()), cause=code, status=STATUSES[code])
    story.settle(AttemptState.REFUSED, SyncStatus.FAILED, cause=code, message=MESSAGES[code])


def not_sent(story: Story, cause: str) -> None:
    """Three tries, each provably without a connection."""
    for pause in (20, 90, 0):
        story.sends()
        story.attempt["tries"] += 1
        story.exchange(SEND, "not_sent", "", cause=cause, lasted=3000 if cause == "ConnectTimedOut" else 4)
        story.wait(seconds=pause)
    story.settle(AttemptState.NOT_SENT, SyncStatus.FAILED, cause=cause)


def lost(story: Story, cause: str = "TimedOut") -> None:
    """It may have been carried out."""
    story.sends()
    lasted = story.rng.randint(10_000, 10_200) if cause == "TimedOut" else None
    story.exchange(SEND, "unknown", "", cause=cause, lasted=lasted)
    story.attempt.update(is_tainted=True, sends_no_more=True)
    story.settle(AttemptState.UNKNOWN, SyncStatus.UNCONFIRMED, cause=cause)


def look(story: Story, outcome: str, coupons: tuple[dict, ...] = ()) -> None:
    if outcome == "unanswered":
        story.exchange(LOOKUP, outcome, wire.refused("InternalError", story.uuid()), cause="InternalError", status=500)
    else:
        story.exchange(LOOKUP, outcome, wire.found(list(coupons)), status=200)


def looks_until(story: Story, step: int, *, dark_until: timedelta = timedelta(0)) -> None:
    """The look-ups that the schedule asks for before `step`; unanswered ones while BitTitan’s search was away."""
    sent = story.attempt["last_sent_at"]
    for seconds in LOOKUPS[:step]:
        story.at = max(story.at, sent + timedelta(seconds=seconds))
        look(story, "unanswered" if story.at - sent < dark_until else "absent")
    story.attempt["lookup_step"] = step


def found(story: Story, coupon: dict, step: int) -> None:
    looks_until(story, step)
    story.at = max(story.at, story.attempt["last_sent_at"] + timedelta(seconds=LOOKUPS[step]))
    look(story, "found", (coupon,))
    story.recorded(coupon)
    story.settle(AttemptState.SUCCEEDED, SyncStatus.SYNCHRONIZED)


def waits(story: Story, step: int) -> None:
    """For its next look-up."""
    story.attempt["lookup_step"] = step
    story.attempt["next_at"] = story.attempt["last_sent_at"] + timedelta(seconds=LOOKUPS[step])
    story.is_due = True
