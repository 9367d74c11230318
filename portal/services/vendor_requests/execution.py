"""The worker's part: asks BitTitan and carries out the request for the person who made it.

A worker may be killed at any time, and another takes over. Asking again is harmless, and any change is recorded in the
same transaction that marks the request as done.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from portal.core import clock, errors
from portal.core.errors import DomainError, NotAllowed, NotVisible, Overtaken
from portal.core.i18n import gettext as _
from portal.core.i18n import in_language
from portal.core.transaction import lock, transaction, write_with
from portal.extensions import db
from portal.models import RequestKind, RequestState, User, VendorRequest
from portal.services.jobs import Claim
from portal.services.users.languages import language_of
from portal.services.vendor_requests.actions import ACTS, Act
from portal.services.vendor_requests.serialization import packed_refusal

PATIENCE = timedelta(minutes=10)
"""A request that could not be carried out by then is given up: it was meant for the moment of the press."""


RECORDS_A_CODE = (RequestKind.ATTACH_CODE, RequestKind.REPLACE_CODE)


def execute(claim: Claim) -> None:
    request = _begin(claim.subject_id)
    if request is None:
        return
    act = ACTS[request.kind]
    by = db.session.get(User, request.asked_by_id, populate_existing=True)
    try:
        with in_language(language_of(by)), _done_with(request, act):
            _check_right(by, act)
            answer = act.carry_out(request.subject_id, by=by, **request.typed["values"])
    except Overtaken:
        return
    except DomainError as refusal:
        _finish(request, RequestState.REFUSED, packed_refusal(refusal))
    else:
        _store_answer(request, answer)


def _begin(request_id: int) -> VendorRequest | None:
    """None if there is nothing left to do."""
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
        return _("BitTitan could not be asked in time, so nothing was changed. Press again.")
    return _("This could not be completed. Look at the current state, and press again if necessary.")


def _check_right(by: User, act: Act) -> None:
    if not (by.is_active and by.may(act.right)):
        raise NotAllowed()


@contextmanager
def _done_with(request: VendorRequest, act: Act) -> Iterator[None]:
    """Marks the request as done in the action's own transaction, so that it cannot be carried out twice."""

    def write() -> None:
        if not _write(request, RequestState.DONE, None):
            raise Overtaken()

    with write_with(act.transaction, write) if act.transaction else nullcontext():
        yield


def _store_answer(request: VendorRequest, answer: dict[str, Any]) -> None:
    """Stores the answer. By now the request is done, or carrying it out twice does no harm."""
    with transaction():
        _write(request, RequestState.DONE, answer)
        rows = update(VendorRequest).where(VendorRequest.id == request.id, VendorRequest.state == RequestState.DONE)
        db.session.execute(rows.values(answer=answer))


def _finish(request: VendorRequest, state: RequestState, answer: dict[str, Any]) -> None:
    with transaction():
        _write(request, state, answer)


def _write(request: VendorRequest, state: RequestState, answer: dict[str, Any] | None) -> bool:
    """Inside a transaction. Returns False if it was already finished. A recorded code is removed from the request."""
    is_open = VendorRequest.state.in_((RequestState.WAITING, RequestState.RUNNING))
    rows = update(VendorRequest).where(VendorRequest.id == request.id, is_open)
    values = {"state": state, "answer": answer, "finished_at": clock.now(), "press": None}
    if state is RequestState.DONE and request.kind in RECORDS_A_CODE:
        values["typed"] = {}
    return bool(db.session.execute(rows.values(values)).rowcount)
