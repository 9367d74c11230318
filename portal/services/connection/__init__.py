"""The database belongs permanently to one BitTitan organisation: the one of its first sign-in."""

from portal.core import audit, clock, errors
from portal.core.audit import Actor
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Connection
from portal.providers.base import Unavailable
from portal.providers.causes import Cause
from portal.services import jobs, vendor
from portal.services.coupons import revocations
from portal.services.restore_guard import database_identity
from portal.services.vendor import breaker, rate_limit

_NO_SIGN_IN = {
    Cause.CREDENTIALS_MISSING: lazy("The e-mail address or the password for BitTitan is missing; nothing was changed."),
    Cause.CREDENTIALS_UNREADABLE: lazy(
        "The stored password cannot be read with the keys in CREDENTIAL_KEYS; nothing was changed. Set its key, or "
        "enter the password again."
    ),
    Cause.QUARANTINE_TOO_SHORT: lazy(
        "PROVISIONING_QUARANTINE is too short for BitTitan’s server; nothing was changed. Make it longer and restart."
    ),
}


def connect(*, by: Actor) -> str:
    """Signs in and returns the organisation. As a person did it, purchases that waited for one continue, and each
    process signs in anew.

    Raises Unavailable; Conflict if the configured sign-in belongs to another organisation.
    """
    vendor.seller_id()  # tells the provider our organisation: it asks twice before it believes another
    db.session.commit()  # hold no transaction while BitTitan is asked
    answer = vendor.provider().sign_in()
    if isinstance(answer, Unavailable):
        raise _refusal(answer)
    with transaction():
        row = lock(Connection, 1)
        breaker.end_sign_ins(row)
        is_ours = row.organization_id in (None, answer.organization_id)
        if is_ours:
            resume(row, answer.organization_id, by)
        generation = row.generation
    if not is_ours:
        raise errors.Conflict(
            _(
                "The sign-in belongs to another BitTitan organisation than this database does. Held purchases stay "
                "held, and each process signs in again before it sends anything."
            )
        )
    vendor.provider().adopt(generation)
    now = clock.now()
    jobs.wake_attempts(now)
    revocations.wake_pending(now)
    return answer.organization_id


def resume(row: Connection, organization_id: str, by: Actor) -> None:
    """Inside a transaction."""
    row.answered_at = now = clock.now()
    breaker.clear(row, now, getattr(by, "id", None))
    if not audit.changes("connection", row, {"organization_id": organization_id}, act="connect", by=by):
        audit.record("connection", row.id, "connect", by=by)
    rate_limit.note_answer(row)
    database_identity.assign_identity(row)


def row() -> Connection:
    """The current row, for reading."""
    return db.session.get(Connection, 1, populate_existing=True)


def _refusal(answer: Unavailable) -> errors.Unavailable:
    if answer.cause in _NO_SIGN_IN:
        return errors.Unavailable(str(_NO_SIGN_IN[answer.cause]))
    if not answer.needs_person:
        return vendor.no_answer(answer)
    return errors.Unavailable(
        _(
            "BitTitan does not accept the sign-in, so nothing was changed and purchases are still held. Check "
            "the e-mail address and the password."
        )
    )
