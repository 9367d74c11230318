"""Begins, continues, stops and finds reconciliation runs. Only one is under way at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from portal.core import audit, clock, paging
from portal.core.audit import Actor
from portal.core.errors import Conflict, InvalidInput, NotAllowed, NotVisible
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    Account,
    AccountKind,
    Asset,
    Finding,
    JobKind,
    ReconciliationRun,
    ReconciliationScope,
    ReconciliationSource,
    ReconciliationState,
    Right,
    User,
)
from portal.services import jobs

SUBJECT = "reconciliation"
"""In the audit log."""
GO_ON_WITHIN = timedelta(hours=6)
"""What was listed earlier is out of date."""
Scope, Source, State = ReconciliationScope, ReconciliationSource, ReconciliationState
_WITH_ACCOUNT = joinedload(ReconciliationRun.account)


@dataclass(frozen=True)
class RunScope:
    """What a run is about."""

    scope: ReconciliationScope = Scope.EVERYTHING
    account_id: int | None = None
    asset_id: int | None = None
    from_on: date | None = None
    until_on: date | None = None


EVERYTHING = RunScope()


def begin(scoped: RunScope = EVERYTHING, *, by: Actor, schedule: str | None = None) -> ReconciliationRun:
    """Lists BitTitan's coupons live. `schedule`: of a scheduled run. Raises NotAllowed, InvalidInput, and Conflict
    while another run is under way."""
    return _begin(scoped, by, source=Source.LIVE, is_whole=True, state=State.LISTING, schedule=schedule)


def begin_with_file(
    scoped: RunScope, *, name: str, is_whole: bool, by: Actor, take: Callable[[int], None]
) -> ReconciliationRun:  # fmt: skip
    """For a file of BitTitan's own portal, which the worker reads (imports/coupon_lists). `is_whole`: a person says
    that it holds every coupon that can be redeemed. Otherwise nothing is called missing because of it. `take` gets the
    run's id inside the transaction. Raises what `begin` and `take` raise."""
    columns = {"source": Source.FILE, "is_whole": is_whole, "file_name": name}
    return _begin(scoped, by, take, state=State.LISTING, **columns)


def give_up(run_id: int) -> None:
    """The file cannot be read: nothing of it stays."""
    with transaction():
        row = lock(ReconciliationRun, run_id)
        if row.is_moving:
            end(row, State.STOPPED)


def go_on(run: ReconciliationRun, *, by: User) -> None:
    """Continues an incomplete run where it was. Raises NotAllowed, Conflict."""
    check_may_use(by)
    try:
        with transaction():
            row = lock(ReconciliationRun, run.id)
            if not may_go_on(row):
                raise Conflict(_("This comparison cannot go on. Start another one."))
            row.state, row.position, row.open_mark = State.LISTING, 0, 1
            row.cause, row.ended_at, row.tries = None, None, 0
            row.counts = {"listed": row.count("listed")}
            db.session.execute(delete(Finding).where(Finding.run_id == row.id))  # nobody has seen them
            db.session.flush()
            audit.record(SUBJECT, row.id, "go on", by=by)
            jobs.schedule(JobKind.RECONCILE, row.id, clock.now())
    except IntegrityError as clash:
        raise Conflict(_under_way()) from clash


def may_go_on(run: ReconciliationRun) -> bool:
    is_young = clock.now() - run.made_at < GO_ON_WITHIN
    return run.state is State.INCOMPLETE and run.source is Source.LIVE and is_young


def stop(run: ReconciliationRun, *, by: User) -> None:
    """Raises NotAllowed, and Conflict if it has ended already."""
    check_may_use(by)
    with transaction():
        row = lock(ReconciliationRun, run.id)
        if not row.is_moving:
            raise Conflict(_("This comparison has ended already."))
        end(row, State.STOPPED)
        jobs.schedule(JobKind.RECONCILE, row.id, clock.now())  # deletes what was listed
        audit.record(SUBJECT, row.id, "stop", by=by)


def end(row: ReconciliationRun, state: ReconciliationState, cause: str | None = None) -> None:
    """Inside a transaction that holds the run."""
    row.state, row.cause, row.open_mark, row.ended_at = state, cause, None, clock.now()


def visible_run(viewer: User, run_id: int) -> ReconciliationRun:
    """Raises NotVisible: nobody but the distributor's staff sees any."""
    row = db.session.get(ReconciliationRun, run_id, populate_existing=True, options=[_WITH_ACCOUNT])
    if row is None or not viewer.may(Right.SEE_TOOLS):
        raise NotVisible()
    return row


def page(
    viewer: User, before: int | None, *, is_scheduled: bool = False
) -> tuple[list[ReconciliationRun], int | None]:  # fmt: skip
    """Newest first: the scheduled ones, or what somebody began with the newest scheduled ones among it. Raises
    NotVisible."""
    if not viewer.may(Right.SEE_TOOLS):
        raise NotVisible()
    newest = select(func.max(ReconciliationRun.id)).group_by(ReconciliationRun.schedule)
    is_begun = ReconciliationRun.schedule.is_(None) | ReconciliationRun.id.in_(newest)
    is_shown = ReconciliationRun.schedule.is_not(None) if is_scheduled else is_begun
    rows = select(ReconciliationRun).where(is_shown).options(_WITH_ACCOUNT)
    return paging.newest(rows, ReconciliationRun.id, before)


def under_way() -> ReconciliationRun | None:
    rows = select(ReconciliationRun).where(ReconciliationRun.open_mark == 1)
    return db.session.scalar(rows.execution_options(populate_existing=True))


def check_may_use(by: Actor) -> None:
    """Raises NotAllowed; NotVisible for people who must not know that there is such a thing."""
    if not isinstance(by, User):
        return
    if not by.may(Right.SEE_TOOLS):
        raise NotVisible()
    if not (by.is_active and by.may(Right.USE_TOOLS)):
        raise NotAllowed()


def _begin(
    scoped: RunScope, by: Actor, take: Callable[[int], None] = lambda run_id: None, **columns
) -> ReconciliationRun:
    check_may_use(by)
    _check(scoped)
    try:
        with transaction():
            now = clock.now()
            person = by if isinstance(by, User) else None
            row = ReconciliationRun(
                scope=scoped.scope, account_id=scoped.account_id, asset_id=scoped.asset_id, from_on=scoped.from_on,
                until_on=scoped.until_on, open_mark=1, made_by_id=person and person.id,
                actor=person.name if person else by, made_at=now, **columns,
            )  # fmt: skip
            _give_up_incomplete(now, only_scheduled=row.schedule is not None)
            db.session.add(row)
            db.session.flush()
            audit.record(SUBJECT, row.id, "start", by=by)
            take(row.id)
            jobs.add(JobKind.RECONCILE, row.id, now)
            return row
    except IntegrityError as clash:
        raise Conflict(_under_way()) from clash


def _give_up_incomplete(now: datetime, *, only_scheduled: bool) -> None:
    """Inside a transaction. Only the newest run can go on: what the others listed is out of date. The schedule takes
    nothing from a person."""
    rows = select(ReconciliationRun).where(ReconciliationRun.state == State.INCOMPLETE).with_for_update()
    if only_scheduled:
        rows = rows.where(ReconciliationRun.schedule.is_not(None))
    for row in db.session.scalars(rows.execution_options(populate_existing=True)).all():
        row.state = State.STOPPED
        jobs.schedule(JobKind.RECONCILE, row.id, now)


def _check(scoped: RunScope) -> None:
    account = db.session.get(Account, scoped.account_id) if scoped.account_id else None
    if scoped.scope in (Scope.TREE, Scope.ACCOUNT) and account is None:
        raise InvalidInput("account", _("Choose an account."))
    if scoped.scope is Scope.TREE and account.kind is not AccountKind.PARTNER:
        raise InvalidInput("account", _("Choose a partner."))
    if scoped.scope is Scope.ASSET and (not scoped.asset_id or db.session.get(Asset, scoped.asset_id) is None):
        raise InvalidInput("asset", _("Choose an asset."))
    if scoped.scope is Scope.PERIOD:
        _check_period(scoped.from_on, scoped.until_on)


def _check_period(from_on: date | None, until_on: date | None) -> None:
    if from_on is None:
        raise InvalidInput("from_on", _("Enter the first day."))
    if until_on is None:
        raise InvalidInput("until_on", _("Enter the last day."))
    if until_on < from_on:
        raise InvalidInput("until_on", _("The last day must not be before the first."))


def _under_way() -> str:
    return _("A comparison is under way already. Wait until it has ended, or stop it.")
