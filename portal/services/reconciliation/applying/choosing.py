"""A person decides about findings. Whoever is second is told what the first one decided."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, literal, select, update

from portal.core import audit, clock
from portal.core.errors import Conflict, InvalidInput, NotAllowed, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    Asset,
    ConfirmedState,
    Coupon,
    CouponStanding,
    Finding,
    FindingAct,
    FindingKind,
    FindingState,
    JobKind,
    ReconciliationRun,
    ReconciliationState,
    Right,
    User,
)
from portal.services import jobs
from portal.services.coupons import coupon_rows
from portal.services.reconciliation.applying import offers
from portal.services.reconciliation.scanning import runs

SUBJECT = "finding"
"""In the audit log."""
CHOSEN_AT_ONCE = 500
Act, State = FindingAct, FindingState


@dataclass(frozen=True)
class Decision:
    act: FindingAct
    why: str = ""
    target_id: int | None = None
    """The asset that gets the coupon; None: the suggested one."""
    case_number: str = ""
    """Set aside with a case at BitTitan."""
    confirmed_as: ConfirmedState | None = None


def choose(finding: Finding, decision: Decision, *, version: int, by: User, seen_asset: int | None = None) -> None:
    """`version`: of the finding; `seen_asset`: version of the asset that the person saw. Raises NotAllowed,
    InvalidInput, StaleVersion, Conflict."""
    check_may_decide(by)
    with transaction():
        lock(ReconciliationRun, finding.run_id)  # before its findings, as everybody does
        row, now = lock(Finding, finding.id), clock.now()
        _check(row, decision.act, version)
        row.act, row.why = decision.act, _reason(decision)
        row.confirmed_as = _confirmed_as(decision)
        if decision.act is Act.SET_ASIDE:
            row.case_number = decision.case_number.strip() or None
        is_aimed = decision.act is Act.ATTACH and row.kind is FindingKind.FOREIGN
        row.target_id = decision.target_id if is_aimed else None
        if decision.act is Act.ATTACH:
            _aim(row, seen_asset)
        elif seen_asset is not None:
            row.asset_version = seen_asset
        if decision.confirmed_as is not None:
            _confirm_state(row, decision.confirmed_as, by=by, now=now)
        _decide(row, by=by, now=now)


def check_may_decide(by: User) -> None:
    """Raises NotAllowed; NotVisible for people who must not know that there is such a thing."""
    runs.check_may_use(by)
    if not by.may(Right.PROVISION):
        raise NotAllowed()


def choose_all(run: ReconciliationRun, kind: FindingKind, act: FindingAct, *, most_id: int, by: User, why: str) -> int:
    """All open findings of a kind, up to the last one that the person was shown. What is attached is what is suggested,
    and nothing else. Returns how many were chosen. Raises NotAllowed, InvalidInput, Conflict."""
    check_may_decide(by)
    reason = _reason(Decision(act, why))
    if act in offers.AT_ONCE or kind is FindingKind.NO_CODE and act is Act.ATTACH:
        raise Conflict(_("This is decided for each difference on its own."))
    with transaction():
        if lock(ReconciliationRun, run.id).state is not ReconciliationState.DONE:
            raise Conflict(_("This comparison has not ended. Nothing was changed."))
        now, number, last = clock.now(), 0, 0
        values = {"state": State.CHOSEN, "act": act, "why": reason, "decided_by_id": by.id, "decided_at": now}
        values |= {"version": Finding.version + 1, "refusal": None, "ended_at": None}
        while some := _open(run, kind, act, last, most_id):
            ids, last = [row.id for row in some if act in offers.of(row)], some[-1].id
            if act is Act.ATTACH:
                ids = _aim_all(ids)
            number += len(ids)
            db.session.execute(update(Finding).where(Finding.id.in_(ids)).values(values))
            audit.record_each(_entries(ids, kind), SUBJECT, act.value, by=by, at=now)
            db.session.expunge_all()
        jobs.schedule(JobKind.RECONCILE, run.id, now)
    return number


def _check(row: Finding, act: FindingAct, version: int) -> None:
    if not row.may_be_decided:
        raise Conflict(present_state(row))
    if row.version != version:
        raise StaleVersion(present_state(row))
    if lock(ReconciliationRun, row.run_id).state is not ReconciliationState.DONE:
        raise Conflict(_("This comparison has not ended. Nothing was changed."))
    if act not in offers.of(row):
        raise Conflict(_("This is not offered for this difference. Nothing was changed."))


def _confirm_state(row: Finding, state: ConfirmedState, *, by: User, now: datetime) -> None:
    coupon, read_after = lock(Coupon, row.coupon_id), db.session.get(ReconciliationRun, row.run_id).made_at
    is_shown = coupon.absent_at is None and coupon.read_at is not None and coupon.read_at > read_after
    if is_shown or coupon.standing is CouponStanding.WITHDRAWN:
        raise Conflict(_("BitTitan has shown this coupon since, or it was withdrawn. Nothing was changed."))
    if coupon.absent_at is None:
        raise Conflict(_("BitTitan was not asked for this coupon itself. Ask BitTitan first. Nothing was changed."))
    coupon_rows.confirm_state(coupon, state, by=by, why=row.why, now=now)


def present_state(row: Finding) -> str:
    """A sentence for somebody who comes second."""
    if row.state is State.DONE and row.act is None:
        return _("This difference was settled meanwhile. Nothing was changed.")
    person = db.session.get(User, row.decided_by_id) if row.decided_by_id else None
    name = person.name if person else "–"
    return {
        State.OPEN: _("Somebody has changed this difference since you looked. Nothing was changed."),
        State.SET_ASIDE: _("%(name)s has set this difference aside. Nothing was changed.", name=name),
        State.CHOSEN: _("%(name)s has decided this difference, and it is being carried out.", name=name),
        State.DONE: _("%(name)s has dealt with this difference already. Nothing was changed.", name=name),
        State.REFUSED: _("What %(name)s decided could not be done. Look at the reason, and decide again.", name=name),
    }[row.state]


def _reason(decision: Decision) -> str | None:
    why = decision.why.strip()
    if not why and decision.act not in offers.WITHOUT_REASON and not decision.case_number.strip():
        raise InvalidInput("why", _("Enter a reason."))
    return why or None


def _confirmed_as(decision: Decision) -> str | None:
    if decision.act is not Act.CONFIRM:
        return None
    if decision.confirmed_as is None:
        raise InvalidInput("confirmed_as", _("Choose what became of it."))
    return decision.confirmed_as.value


def _aim(row: Finding, target_version: int | None) -> None:
    """Inside a transaction. Says which asset gets the coupon."""
    if row.kind is FindingKind.NO_CODE:
        row.target_id = row.asset_id
    elif row.target_id is None:
        row.target_id = _asset_of(row.counterpart_id)
    if row.target_id is None:
        raise InvalidInput("target", _("Choose an asset."))
    asset = db.session.get(Asset, row.target_id, populate_existing=True)
    if asset is None:
        raise InvalidInput("target", _("Choose an asset."))
    row.asset_version = asset.version if target_version is None else target_version


def _asset_of(finding_id: int | None) -> int | None:
    return db.session.scalar(select(Finding.asset_id).where(Finding.id == finding_id))


def _aim_all(ids: list[int]) -> list[int]:
    """Inside a transaction. Returns those with a suggestion, each aimed at its asset."""
    aimed = []
    for row in db.session.scalars(select(Finding).where(Finding.id.in_(ids), Finding.counterpart_id.is_not(None))):
        _aim(row, None)
        aimed.append(row.id)
    db.session.flush()
    return aimed


def _open(run: ReconciliationRun, kind: FindingKind, act: FindingAct, after: int, most_id: int) -> list[Finding]:
    """Inside a transaction: some of them, locked."""
    is_open = (Finding.run_id == run.id, Finding.state == State.OPEN, Finding.kind == kind, *offers.of_all(act))
    rows = select(Finding).where(*is_open, Finding.id > after, Finding.id <= most_id).order_by(Finding.id)
    locked = rows.limit(CHOSEN_AT_ONCE).with_for_update(of=Finding).execution_options(populate_existing=True)
    return list(db.session.scalars(locked))


def _entries(ids: list[int], kind: FindingKind) -> Select:
    columns = (Finding.id.label("subject_id"), literal(kind.value).label("after"), Finding.why.label("why"))
    return select(*columns).where(Finding.id.in_(ids))


def _decide(row: Finding, *, by: User, now: datetime) -> None:
    """Inside a transaction that holds the finding."""
    row.version, row.decided_by_id, row.decided_at, row.refusal = row.version + 1, by.id, now, None
    audit.record(SUBJECT, row.id, row.act.value, by=by, after=row.kind.value, why=row.why)
    if row.asset_id is not None and row.act is Act.SET_ASIDE:
        after = f"case {row.case_number}" if row.case_number else row.act.value
        audit.record("asset", row.asset_id, "reconcile", by=by, field=row.kind.value, after=after, why=row.why)
    if row.act in offers.AT_ONCE:
        row.state = State.SET_ASIDE if row.act is Act.SET_ASIDE else State.DONE
        row.ended_at = now
        return
    row.state, row.ended_at = State.CHOSEN, None
    jobs.schedule(JobKind.RECONCILE, row.run_id, now)
