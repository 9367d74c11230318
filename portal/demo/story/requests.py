"""What partners and customers asked about a failed asset, and what became of it."""

from portal.core.audit import WORKER
from portal.demo.story.story import Story
from portal.models import AssetRequestState, RequestEnd, User

_WORDS = (
    "We migrate next Monday, and 25 people wait for it. Can you look into it?",
    "Our credit should be enough by now: the invoice was paid last week.",
    "",
)


def asks(story: Story, words: str | None = None) -> None:
    """Nothing, if nobody of the account or its partner would ask."""
    person = story.purchase.asked_by
    if person is None:
        return
    story.wait(minutes=35)
    story.asset["asked_at"] = story.at
    story.audit("ask", by=person)
    said = _WORDS[story.asset["quantity"] % len(_WORDS)] if words is None else words
    story.requests.append(
        {
            "account_id": person.account_id, "asked_by_id": person.id, "asked_at": story.at, "words": said,
            "state": AssetRequestState.OPEN, "answer": "", "remark": "", "version": 1,
        }
    )  # fmt: skip


def asks_and_is_answered(story: Story) -> None:
    asks(story)
    answer = "BitTitan takes at most 730 days. Tell us if that is enough, and we try again at once."
    _settle(story, story.colleague(), "answer request", answer, state=AssetRequestState.ANSWERED, answer=answer)


def asks_in_vain(story: Story) -> None:
    asks(story, "When does it come?")
    answer, because = "One order can hold 10,000 licences.", RequestEnd.ORDER_AGAIN
    ending = {"state": AssetRequestState.CLOSED, "closed_because": because, "answer": answer}
    remark = "Told them by telephone, too."
    _settle(story, story.colleague(), "close request", f"{answer}\n{remark}", remark=remark, **ending)


def gets_it(story: Story) -> None:
    """The code came after the request."""
    _settle(story, WORKER, "deliver request", None, state=AssetRequestState.DELIVERED)


def _settle(story: Story, by: User | str, act: str, why: str | None, **values: object) -> None:
    if not story.requests:
        return
    if by is not WORKER:
        story.wait(hours=2)
    story.asset["asked_at"] = None
    story.audit(act, by=by, after=values.get("closed_because"), why=why)
    person_id = by.id if isinstance(by, User) else story.attempt["requested_by_id"]
    story.requests[-1] |= {"settled_at": story.at, "settled_by_id": person_id, "version": 2} | values
