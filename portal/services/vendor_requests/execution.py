"""The worker's part: BitTitan is asked, and what was asked for is carried out, for whom asked.

A worker may be killed at any time, and another takes it up again: asking is harmless, and what is recorded is recorded
in the transaction in which the request is done.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import update

from portal.core import clock, errors
from portal.core.errors import DomainError, NotAllowed, NotVisible
from portal.core.transaction import lock, transaction, write_along
from portal.extensions import babel, db
from portal.models import RequestKind, RequestState, User, VendorRequest
from portal.services.jobs import Claim
from portal.services.vendor_requests.actions import ACTS, Act
from portal.services.vendor_requests.serialization import packed_refusal

PATIENCE = timedelta(minutes=10)
"""What nobody could carry out by then is given up: it was meant for the moment in which it was pressed."""


RECORDS_A_CODE = (RequestKind.ATTACH_CODE, RequestKind.REPLACE_CODE)


class _Overtaken(Exception):
    """Another worker has carried it out."""


def execute(claim: Claim) -> None:
    asked = _begun(claim.subject_id)
    if asked is None:
        return
    act = ACTS[asked.kind]
    by = db.session.get(User, asked.asked_by_id, populate_existing=True)
    try:
        with _in_the_language_of(by), _done_with(asked, act):
            _check_right(by, act)
            told = act.carry_out(asked.subject_id, by=by, **asked.typed["values"])
    except _Overtaken:
        return
    except DomainError as refusal:
        _finish(asked, RequestState.REFUSED, packed_refusal(refusal))
    else:
        _tell(asked, told)


def _begun(request_id: int) -> VendorRequest | None:
    """None where there is nothing to do any more."""
    with transaction():
        try:
            row = lock(VendorRequest, request_id)
        except NotVisible:
            return None
        if not row.is_open:
            return None
        if clock.now() > row.asked_at + PATIENCE:
            _write(row, RequestState.REFUSED, packed_refusal(errors.Unavailable(_too_late(row))))
            return None
        row.state = RequestState.RUNNING
        return row


def _too_late(row: VendorRequest) -> str:
    if row.state is RequestState.WAITING:
        return _("Nobody could ask BitTitan in time, so nothing was changed. Press again.")
    return _("This could not be brought to an end. Look at what is there now, and press again if need be.")


def _check_right(by: User, act: Act) -> None:
    if not (by.is_active and by.may(act.right)):
        raise NotAllowed()


@contextmanager
def _done_with(asked: VendorRequest, act: Act) -> Iterator[None]:
    """The request is done in the transaction that is the act, so it cannot be carried out twice."""

    def write() -> None:
        if not _write(asked, RequestState.DONE, None):
            raise _Overtaken()

    with write_along(act.transaction, write) if act.transaction else nullcontext():
        yield


def _tell(asked: VendorRequest, told: dict[str, Any]) -> None:
    """It is done by now, or twice is the same as once."""
    with transaction():
        _write(asked, RequestState.DONE, told)
        rows = update(VendorRequest).where(VendorRequest.id == asked.id, VendorRequest.state == RequestState.DONE)
        db.session.execute(rows.values(answer=told))


def _finish(asked: VendorRequest, state: RequestState, told: dict[str, Any]) -> None:
    with transaction():
        _write(asked, state, told)


def _write(asked: VendorRequest, state: RequestState, told: dict[str, Any] | None) -> bool:
    """Inside a transaction. False where it was finished before. A code that is recorded is kept there only."""
    is_open = VendorRequest.state.in_((RequestState.WAITING, RequestState.RUNNING))
    rows = update(VendorRequest).where(VendorRequest.id == asked.id, is_open)
    values = {"state": state, "answer": told, "finished_at": clock.now(), "press": None}
    if state is RequestState.DONE and asked.kind in RECORDS_A_CODE:
        values["typed"] = {}
    return bool(db.session.execute(rows.values(values)).rowcount)


@contextmanager
def _in_the_language_of(person: User) -> Iterator[None]:
    offered = {str(each) for each in babel.list_translations()}
    with force_locale(person.account.language) if person.account.language in offered else nullcontext():
        yield
