"""What /metrics says about mail."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import func, select

from portal.extensions import db
from portal.models import Message, MessageState, TryOutcome
from portal.services.lists import CAP

SUBJECT = "mail"
STATES = (MessageState.WAITING, MessageState.UNKNOWN, MessageState.REFUSED, MessageState.NOT_SENT)


def tries(sums: dict[str, int]) -> Metric:
    """`sums`: of the counters of mails, by outcome."""
    family = CounterMetricFamily("portal_mail_tries", "Tries to send a mail, by what came back.", labels=["outcome"])
    for outcome in TryOutcome:
        family.add_metric([outcome.value], sums.get(outcome.value, 0))
    return family


def mails() -> Iterator[Metric]:
    """One statement. Counted up to CAP + 1, which means “or more”."""
    counts = db.session.execute(select(*map(_counted, STATES))).one()
    family = GaugeMetricFamily("portal_mails", "Mails that are not sent, by state.", labels=["state"])
    for state, count in zip(STATES, counts, strict=True):
        family.add_metric([state.value], count)
    yield family


def _counted(state: MessageState):
    rows = select(Message.id).where(Message.state == state).limit(CAP + 1)
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()
