"""What is written together in these tests: sends that begin, and answers that are recorded, in one transaction."""

from dataclasses import replace

from portal.core.transaction import lock, transaction
from portal.models import Connection
from portal.services.provisioning.begin_send import Decision, begin_sends, new_deadline
from portal.services.provisioning.record_outcome import Answer, record_outcomes
from portal.worker import batch


def begin(*attempts) -> list[Decision]:
    with transaction():
        decisions = begin_sends([each.id for each in attempts], new_deadline(), lock(Connection, 1))
    return list(decisions.values())


def record(*answers: Answer) -> list[Answer]:
    with transaction():
        return [each.answer for each in record_outcomes(answers, lock(Connection, 1))]


def bought(shop, number: int) -> list[batch.Answer]:
    """Begun in one round, and issued by BitTitan; not recorded yet."""
    ordered = [shop.order() for _ in range(number)]
    news = [job.act() for job in batch.run([], number).tasks]
    assert {each.send.asset_id for each in news} == set(ordered)
    return news


def with_coupon(news: batch.Answer, **other) -> batch.Answer:
    return replace(news, outcome=replace(news.outcome, coupon=replace(news.outcome.coupon, **other)))


def asset_of(news: batch.Answer) -> int:
    return news.send.asset_id


def recorded_code(shop) -> str:
    """Of another asset."""
    (other,) = bought(shop, 1)
    batch.run([other], 0)
    return shop.code(asset_of(other))
