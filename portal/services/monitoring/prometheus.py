"""The metrics. All values are in the database, which all processes share; nothing is kept in a process.

Each scrape takes a handful of statements, each on an index, a counter or a capped count, whatever the number of assets.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from portal.core import clock
from portal.extensions import db
from portal.models import (
    Asset,
    Attempt,
    AttemptState,
    Connection,
    ConnectionStatus,
    Lifecycle,
    SyncStatus,
    Tally,
)
from portal.models.attempt import IS_WAITING
from portal.services import metrics
from portal.services.lists import CAP
from portal.services.monitoring import health, mail_metrics, time_limit

OUTCOMES = ("succeeded", "refused", "not_sent", "not_executed", "review")
KINDS = {"send": ("issued", "refused", "not_sent", "unknown"), "lookup": ("found", "absent", "unanswered")}


def exposition() -> bytes | None:
    """The metrics in Prometheus' text format; None if the database does not answer in time."""
    try:
        return time_limit.within(health.LIMIT, "metrics", lambda: generate_latest(_registry()), None)
    except SQLAlchemyError:
        return None


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Portal())
    return registry


class _Portal:
    def collect(self) -> Iterator[Metric]:
        now = clock.now()
        row = health.connection()
        counted = list(db.session.scalars(select(Tally)))
        yield _attempts(counted)
        yield _purchase_errors(counted)
        for kind, outcomes in KINDS.items():
            yield _exchanges(kind, outcomes, counted)
            yield _latency(kind, counted)
        yield from _state_now(row, now)
        yield from _ages(health.ages(now))
        yield from _waiting(row.standing(now))
        yield mail_metrics.tries(_sums(counted, mail_metrics.SUBJECT))
        yield from mail_metrics.mails()

    def describe(self) -> list[Metric]:
        """Empty, so that registering runs no query."""
        return []


def _attempts(counted: list[Tally]) -> Metric:
    family = CounterMetricFamily(
        "portal_attempts", "Attempts to obtain a coupon, by how they ended.", labels=["outcome"]
    )
    sums = _sums(counted, "attempt")
    for outcome in OUTCOMES:
        family.add_metric([outcome], sums.get(outcome, 0))
    return family


def _purchase_errors(counted: list[Tally]) -> Metric:
    family = CounterMetricFamily(
        "portal_purchase_errors",
        "Unexpected exceptions on the way of a purchase, in a transaction of many or of one.",
        labels=["transaction"],
    )
    sums = _sums(counted, "purchase error")
    for transaction in ("shared", "single"):
        family.add_metric([transaction], sums.get(transaction, 0))
    return family


def _exchanges(kind: str, outcomes: tuple[str, ...], counted: list[Tally]) -> Metric:
    what = {"send": "Purchases that were sent", "lookup": "Look-ups"}[kind]
    family = CounterMetricFamily(f"portal_bittitan_{kind}s", f"{what}, by what came back.", labels=["outcome"])
    sums = _sums(counted, kind)
    for outcome in outcomes:
        family.add_metric([outcome], sums.get(outcome, 0))
    return family


def _latency(kind: str, counted: list[Tally]) -> Metric:
    """Cumulative and in seconds, as Prometheus expects."""
    rows = [row for row in counted if row.subject == kind and row.bucket != metrics.UNTIMED]
    buckets = [(most, str(most / 1000)) for most in metrics.BUCKETS] + [(metrics.OVER, "+Inf")]
    cumulative = [(label, sum(row.count for row in rows if row.bucket <= most)) for most, label in buckets]
    total = sum(row.milliseconds for row in rows) / 1000
    family = HistogramMetricFamily(
        f"portal_bittitan_{kind}_seconds", "How long BitTitan took to answer, or until the portal gave up."
    )
    family.add_metric([], cumulative, total)
    return family


def _state_now(row: Connection, now) -> Iterator[Metric]:
    standing = row.standing(now)
    family = GaugeMetricFamily("portal_standing", "Which of these holds purchases back, or clear.", labels=["standing"])
    for each in ConnectionStatus:
        family.add_metric([each.value], each is standing)
    yield family
    yield _gauge(
        "breaker_open", "1 while purchases are held because several in a row brought no certain answer.", row.is_open
    )
    yield _gauge("breaker_failures", "Sends in a row without a definite answer.", row.failures)
    yield _gauge("frozen", "1 after a restore, until a person releases.", row.frozen_at is not None)
    if row.clock_offset is not None:
        what = "Seconds by which BitTitan’s clock is ahead of ours; negative if it is behind."
        yield _gauge("bittitan_clock_offset_seconds", what, row.clock_offset)
    yield _gauge("stuck", "What is neither settled nor scheduled, as the watchdog saw it last.", row.stuck or 0)
    if row.watched_at is not None:
        age = max((now - row.watched_at).total_seconds(), 0)
        yield _gauge("watchdog_age_seconds", "Since the watchdog last looked.", age)
    if row.backed_up_at is not None:
        age = max((now - row.backed_up_at).total_seconds(), 0)
        yield _gauge("backup_age_seconds", "Since “flask backup” last ran.", age)


def _ages(age: health.Ages) -> Iterator[Metric]:
    if age.heartbeat is not None:
        yield _gauge("worker_heartbeat_age_seconds", "Since any worker was last seen.", age.heartbeat)
    yield _gauge("queue_age_seconds", "Of the oldest attempt that waits; 0 if none.", age.oldest_attempt or 0)
    yield _gauge("work_overdue_seconds", "How late the work is that is due; 0 if none.", age.overdue or 0)


def _waiting(standing: ConnectionStatus) -> Iterator[Metric]:
    """Counted up to CAP + 1, which means “or more”."""
    states = (AttemptState.RESERVED, AttemptState.SENDING, AttemptState.UNKNOWN)
    attempts = {each: select(Attempt.id).where(IS_WAITING, Attempt.state == each) for each in states}
    active = select(Asset.id).where(Asset.lifecycle == Lifecycle.ACTIVE)
    assets = {each: active.where(Asset.sync_status == each) for each in (SyncStatus.REVIEW, SyncStatus.FAILED)}
    queries = [*attempts.values(), *assets.values()]
    counts = db.session.execute(select(*map(_capped, queries))).one()
    family = GaugeMetricFamily("portal_attempts_waiting", "Open attempts that settle by themselves.", labels=["state"])
    for state, count in zip(states, counts, strict=False):
        family.add_metric([state.value], count)
    yield family
    yield _gauge("held", "Attempts that are held, not failed.", 0 if standing is ConnectionStatus.CLEAR else counts[0])
    yield _gauge("unknown", "Requests that may have been carried out and are looked up.", counts[2])
    yield _gauge("review", "Assets that a person has to decide about.", counts[3])
    yield _gauge("failed", "Active assets that BitTitan definitely issued no coupon for.", counts[4])


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"portal_{name}", help_text, value=float(value))


def _sums(counted: list[Tally], subject: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in counted:
        if row.subject == subject:
            sums[row.outcome] = sums.get(row.outcome, 0) + row.count
    return sums


def _capped(rows):
    return select(func.count()).select_from(rows.limit(CAP + 1).subquery()).scalar_subquery()
