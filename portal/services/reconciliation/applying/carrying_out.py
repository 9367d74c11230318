"""Carries out what was decided, one finding after the other. Each is marked as done in the transaction of its change,
so that it is done once, whoever is killed and however many workers there are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from portal.core import audit, clock
from portal.core.errors import DomainError, NotAllowed, NotVisible, Overtaken, Unavailable
from portal.core.i18n import gettext as _
from portal.core.i18n import in_language
from portal.core.transaction import transaction, write_with
from portal.extensions import db
from portal.models import Finding, FindingAct, FindingKind, FindingState, Right, User
from portal.models.reconciliation import UNDECIDED
from portal.services.reconciliation.applying import acts, choosing
from portal.services.users.languages import language_of

AT_ONCE = 20
ASK_AGAIN = timedelta(seconds=30)
PATIENCE = timedelta(minutes=10)
"""BitTitan is asked for so long. Then it is given up: it was meant for the moment of the decision."""


def advance(run_id: int) -> datetime | None:
    """Returns when to go on; None if everything is carried out."""
    waits = False
    ids = _next(run_id)
    for finding_id in ids:
        waits |= _carry_out(finding_id)
    if waits:
        return clock.now() + ASK_AGAIN
    return clock.now() if len(ids) == AT_ONCE else None


def _next(run_id: int) -> list[int]:
    rows = select(Finding.id).where(Finding.run_id == run_id, Finding.state == FindingState.CHOSEN)
    return list(db.session.scalars(rows.order_by(Finding.decided_at, Finding.id).limit(AT_ONCE)))


def _carry_out(finding_id: int) -> bool:
    """Returns whether it has to be tried again, because BitTitan did not answer."""
    db.session.expunge_all()  # decide on what is there now
    finding = _read(finding_id)
    if finding.state is not FindingState.CHOSEN:
        return False
    by = db.session.get(User, finding.decided_by_id, populate_existing=True)
    with in_language(language_of(by)):
        try:
            act, name = acts.ACTS[finding.act]
            with _done_with(finding, name):
                _check_right(by)
                act(finding, by=by)
        except Overtaken:
            return False
        except Unavailable as silence:
            if clock.now() < finding.decided_at + PATIENCE:
                return True
            _refuse(finding, silence.message)
        except DomainError as refusal:
            _refuse(finding, _sentence(refusal))
    return False


def _read(finding_id: int) -> Finding:
    rows = select(Finding).where(Finding.id == finding_id)
    loaded = (joinedload(Finding.shown), joinedload(Finding.counterpart).joinedload(Finding.shown))
    return db.session.scalars(rows.options(*loaded).execution_options(populate_existing=True)).one()


def _check_right(by: User) -> None:
    if not (by.is_active and by.may(Right.USE_TOOLS) and by.may(Right.PROVISION)):
        raise NotAllowed()


@contextmanager
def _done_with(finding: Finding, name: str) -> Iterator[None]:
    """Marks the finding as done in the transaction with this name."""

    def write() -> None:
        if not _end(finding, FindingState.DONE, None):
            raise Overtaken()
        if finding.act is FindingAct.ATTACH:
            _end_other_side(finding)

    with write_with(name, write):
        yield


def _end_other_side(finding: Finding) -> None:
    """Inside the transaction. The coupon and the asset have a finding each; both are dealt with."""
    of_other = Finding.id == finding.counterpart_id
    if finding.kind is FindingKind.FOREIGN:
        of_other = (Finding.kind == FindingKind.NO_CODE) & (Finding.asset_id == finding.target_id)
    is_open = (Finding.run_id == finding.run_id, Finding.state.in_(UNDECIDED), of_other)
    values = {
        "state": FindingState.DONE, "act": FindingAct.ATTACH, "target_id": finding.target_id, "why": finding.why,
        "decided_by_id": finding.decided_by_id, "decided_at": finding.decided_at, "ended_at": clock.now(),
        "refusal": None, "version": Finding.version + 1,
    }  # fmt: skip
    db.session.execute(update(Finding).where(*is_open).values(values).execution_options(synchronize_session=False))


def _refuse(finding: Finding, sentence: str) -> None:
    with transaction():
        if _end(finding, FindingState.REFUSED, sentence):
            by = audit.process_for(finding.decided_by_id)
            audit.record(choosing.SUBJECT, finding.id, "refused", by=by, after=finding.act.value)


def _end(finding: Finding, state: FindingState, refusal: str | None) -> bool:
    """Inside a transaction. Returns False if it was ended already."""
    is_chosen = (Finding.id == finding.id, Finding.state == FindingState.CHOSEN, Finding.version == finding.version)
    values = {"state": state, "refusal": refusal, "ended_at": clock.now(), "version": Finding.version + 1}
    change = update(Finding).where(*is_chosen).values(values).execution_options(synchronize_session=False)
    return bool(db.session.execute(change).rowcount)


def _sentence(refusal: DomainError) -> str:
    if isinstance(refusal, NotAllowed):
        return _("Who decided this may not do it any more. Nothing was changed.")
    if isinstance(refusal, NotVisible):
        return _("It is not there any more. Nothing was changed.")
    return refusal.message or _("It cannot be done in this state. Look at the asset, and decide there.")
