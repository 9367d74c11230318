"""The steps of a story: an attempt is opened and sent, an answer arrives or is lost, look-ups follow."""

from datetime import timedelta

from portal.demo.story import exchange_texts
from portal.demo.story.story import Story
from portal.demo.wording import MESSAGES, STATUSES
from portal.models import AttemptState, ExchangeKind, SyncStatus, Trigger

LOOKUPS = (15, 60, 300, 900, 3600, 21600, *(day * 86400 for day in range(1, 8)))
"""Seconds after the send, as in the default settings. Other settings apply only to future look-ups."""
SEND, LOOKUP = ExchangeKind.SEND, ExchangeKind.LOOKUP
SEARCH_OUTAGE = timedelta(hours=21)
"""How long BitTitan’s search was down in some stories: so long that nothing could be concluded from absences."""


def ordered(story: Story) -> None:
    story.open_attempt(Trigger.ORDER, story.purchase.placed_by)


def pressed(story: Story) -> None:
    """Synchronized again. BitTitan is asked first, because an earlier attempt may have brought a coupon after all."""
    story.open_attempt(Trigger.PRESS, story.colleague())
    story.attempt["looked_first_at"] = story.at
    look_up(story, "absent")


def issued(story: Story) -> None:
    story.start_sending()
    coupon = story.issue_coupon()
    story.exchange(SEND, "issued", exchange_texts.issued(coupon), status=201)
    story.record_coupon(coupon)
    story.settle(AttemptState.SUCCEEDED, SyncStatus.SYNCHRONIZED)


def refused(story: Story, code: str) -> None:
    story.start_sending()
    story.exchange(SEND, "refused", exchange_texts.refused(code, story.new_uuid()), cause=code, status=STATUSES[code])
    story.settle(AttemptState.REFUSED, SyncStatus.FAILED, cause=code, message=MESSAGES[code])


def not_sent(story: Story, cause: str) -> None:
    """Three tries, each without a connection."""
    for pause in (20, 90, 0):
        story.start_sending()
        story.attempt["tries"] += 1
        story.exchange(SEND, "not_sent", "", cause=cause, lasted=3000 if cause == "ConnectTimedOut" else 4)
        story.wait(seconds=pause)
    story.settle(AttemptState.NOT_SENT, SyncStatus.FAILED, cause=cause)


def lost(story: Story, cause: str = "TimedOut") -> None:
    """The answer is lost; the purchase may have been carried out."""
    story.start_sending()
    lasted = story.rng.randint(10_000, 10_200) if cause == "TimedOut" else None
    story.exchange(SEND, "unknown", "", cause=cause, lasted=lasted)
    story.attempt.update(is_tainted=True, sends_no_more=True)
    story.settle(AttemptState.UNKNOWN, SyncStatus.UNCONFIRMED, cause=cause)


def look_up(story: Story, outcome: str, coupons: tuple[dict, ...] = ()) -> None:
    if outcome == "unanswered":
        story.exchange(
            LOOKUP,
            outcome,
            exchange_texts.refused("InternalError", story.new_uuid()),
            cause="InternalError",
            status=500,
        )
    else:
        story.exchange(LOOKUP, outcome, exchange_texts.found(list(coupons)), status=200)


def look_up_until(story: Story, step: int, *, outage: timedelta = timedelta(0)) -> None:
    """Adds the scheduled look-ups before `step`. They are unanswered during the `outage` of BitTitan’s search."""
    sent = story.attempt["last_sent_at"]
    for seconds in LOOKUPS[:step]:
        story.at = max(story.at, sent + timedelta(seconds=seconds))
        look_up(story, "unanswered" if story.at - sent < outage else "absent")
    story.attempt["lookup_step"] = step


def found(story: Story, coupon: dict, step: int) -> None:
    look_up_until(story, step)
    story.at = max(story.at, story.attempt["last_sent_at"] + timedelta(seconds=LOOKUPS[step]))
    look_up(story, "found", (coupon,))
    story.record_coupon(coupon)
    story.settle(AttemptState.SUCCEEDED, SyncStatus.SYNCHRONIZED)


def wait_for_lookup(story: Story, step: int) -> None:
    """The attempt waits for its next look-up."""
    story.attempt["lookup_step"] = step
    story.attempt["next_at"] = story.attempt["last_sent_at"] + timedelta(seconds=LOOKUPS[step])
    story.is_due = True
