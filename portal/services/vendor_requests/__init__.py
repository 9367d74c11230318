"""What people ask of BitTitan on a page. No web request waits for BitTitan (promise 14): the page stores the request, a
worker carries it out (execution.py), and the page polls until there is an answer.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from portal.core import clock
from portal.core.errors import NotVisible
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import JobKind, RequestKind, RequestState, User, VendorRequest
from portal.services import jobs
from portal.services.vendor_requests import actions
from portal.services.vendor_requests.serialization import refusal_of

KEPT = timedelta(hours=1)
"""Then it is deleted, answered or not: it may contain a code that was typed."""


def create_request(
    kind: RequestKind, subject_id: int = 0, *, by: User, values: dict[str, Any], form: dict[str, list[str]],
    check: Callable[[int], None] | None = None,
) -> int:  # fmt: skip
    """Returns the id. `values` are for the service that carries it out; `form` is the typed input, to be shown again.
    `check` gets the subject's id in the same transaction, and raises what speaks against a new request.

    Pressing again before it is answered returns the same request.
    """
    typed = {"values": values, "form": form}
    press = hashlib.sha256(json.dumps([kind.value, subject_id, by.id, typed], sort_keys=True).encode()).hexdigest()
    same_press = select(VendorRequest.id).where(VendorRequest.press == press)
    try:
        with transaction():
            now = clock.now()
            _delete_old(now)
            known = db.session.scalar(same_press)
            if known is None and check is not None:
                check(subject_id)
            return known or _new(kind, subject_id, typed, by, press, now)
    except IntegrityError:  # pressed twice in the same moment
        known = db.session.scalar(same_press)
        return known or create_request(kind, subject_id, by=by, values=values, form=form, check=check)


def own_request(viewer: User, request_id: int, kinds: frozenset[RequestKind]) -> VendorRequest:
    """Only for the person who asked. Raises NotVisible."""
    query = select(VendorRequest).where(VendorRequest.id == request_id, VendorRequest.asked_by_id == viewer.id)
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None or row.kind not in kinds or row.asked_at < clock.now() - KEPT:
        raise NotVisible()
    return row


def may_ask(viewer: User, kind: RequestKind) -> bool:
    return viewer.may(actions.ACTS[kind].right)


def outcome(request: VendorRequest) -> Any:
    """What carrying it out returned; raises what it raised. None if a worker was killed before it could record the
    answer."""
    if request.state is RequestState.REFUSED:
        raise refusal_of(request.answer)
    return actions.ACTS[request.kind].read(request.answer) if request.answer else None


def delete_expired(now: datetime) -> None:
    with transaction():
        _delete_old(now)


def _delete_old(now: datetime) -> None:
    db.session.execute(delete(VendorRequest).where(VendorRequest.asked_at < now - KEPT))


def _new(kind: RequestKind, subject_id: int, typed: dict, by: User, press: str, now: datetime) -> int:
    row = VendorRequest(
        kind=kind, subject_id=subject_id, typed=typed, asked_by_id=by.id, asked_at=now, press=press,
        state=RequestState.WAITING,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    jobs.add(JobKind.REQUEST, row.id, now)
    return row.id
