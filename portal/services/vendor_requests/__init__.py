"""What people ask of BitTitan on a page. No request of the web waits for BitTitan (promise 14): the page writes down
what is asked, a worker asks and carries it out (carrying_out.py), and the page follows until there is an answer.
"""

import hashlib
import json
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
"""Then it is deleted, answered or not: a code may have been typed."""


def ask(kind: RequestKind, subject_id: int = 0, *, by: User, values: dict[str, Any], form: dict[str, list[str]]) -> int:
    """Its id. `values` are for the service that carries it out, `form` is what was typed, to be shown again.

    The same press once more, before it is answered, is the same request.
    """
    typed = {"values": values, "form": form}
    press = hashlib.sha256(json.dumps([kind.value, subject_id, by.id, typed], sort_keys=True).encode()).hexdigest()
    same = select(VendorRequest.id).where(VendorRequest.press == press)
    try:
        with transaction():
            now = clock.now()
            _delete_old(now)
            return db.session.scalar(same) or _new(kind, subject_id, typed, by, press, now)
    except IntegrityError:  # pressed twice in the same moment
        return db.session.scalar(same) or ask(kind, subject_id, by=by, values=values, form=form)


def mine(viewer: User, request_id: int, kinds: frozenset[RequestKind]) -> VendorRequest:
    """For nobody but the person who asked. Raises NotVisible."""
    own = select(VendorRequest).where(VendorRequest.id == request_id, VendorRequest.asked_by_id == viewer.id)
    row = db.session.scalar(own.execution_options(populate_existing=True))
    if row is None or row.kind not in kinds or row.asked_at < clock.now() - KEPT:
        raise NotVisible()
    return row


def may_ask(viewer: User, kind: RequestKind) -> bool:
    return viewer.may(actions.ACTS[kind].right)


def outcome(asked: VendorRequest) -> Any:
    """What carrying it out returned; raises what it raised. None where a worker was killed before it could say."""
    if asked.state is RequestState.REFUSED:
        raise refusal_of(asked.answer)
    return actions.ACTS[asked.kind].read(asked.answer) if asked.answer else None


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
