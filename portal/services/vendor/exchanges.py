"""The evidence for an attempt: each request to BitTitan with its answer, without secrets, and its metric."""

from portal.extensions import db
from portal.models import Attempt, Exchange, ExchangeKind
from portal.providers.base import Trace
from portal.services import metrics


def record(
    attempt: Attempt, kind: ExchangeKind, trace: Trace, outcome: str, cause: str | None, send_number: int | None = None
) -> None:
    """Inside a transaction."""
    metrics.increment(kind.value, outcome, trace.milliseconds if trace.milliseconds or trace.status else None)
    exchange = Exchange(
        attempt_id=attempt.id, kind=kind, send_number=send_number, at=trace.began_at, outcome=outcome,
        milliseconds=trace.milliseconds, cause=cause, status=trace.status, request=trace.request,
        response=trace.response,
    )  # fmt: skip
    db.session.add(exchange)
