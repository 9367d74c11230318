"""Changes the server and the sign-in. They are tried first, and used only if all is well (trial.py).

The stored password goes to no other address than the one for which it was entered, so that nobody can have it sent to a
server of their own.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from portal import config
from portal.config import BitTitanSettings, ConfigError, ServerValues
from portal.core import audit, clock, errors
from portal.core.audit import Actor
from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.models import Attempt, AttemptState, Connection
from portal.services import connection, credentials, jobs, vendor_settings
from portal.services.connection import trial
from portal.services.connection.trial import Trial
from portal.services.coupons import revocations
from portal.services.vendor import breaker

TYPED_PASSWORD = "typed bittitan password"
"""What a password is sealed for on its way from the page to the worker."""
_MOST = 1000


@dataclass(frozen=True)
class Typed:
    """What a person typed. A value that the environment sets is ignored."""

    url: str
    email: str
    server: str
    password: str | None
    """Sealed (`seal_typed`). None keeps the password that is used now."""


@dataclass(frozen=True)
class _Proposal:
    stored: ServerValues
    """What would be in the database afterwards; the password only if it is a new one."""
    server: BitTitanSettings
    """What would be used, with its password."""


def seal_typed(password: str) -> str:
    return credentials.sealed(password, TYPED_PASSWORD)


def check(typed: Typed, *, is_confirmed: bool) -> None:
    """What can be said without asking the server. Raises InvalidInput."""
    row = connection.row()
    _check_address(typed.url)
    proposal = _propose(row, typed)
    _check_quarantine(proposal.server)
    _check_open_sends(row, proposal, is_confirmed)


def test(typed: Typed) -> Trial:
    return trial.run(_propose(connection.row(), typed).server)


def test_current() -> Trial:
    """Of what is used now."""
    now = vendor_settings.current()
    return test(Typed(now.url, now.email, now.server, password=None))


def save(typed: Typed, *, version: int, is_confirmed: bool, by: Actor) -> Trial:
    """Raises InvalidInput; Conflict if somebody else saved first. If the trial finds a fault, nothing is changed."""
    check(typed, is_confirmed=is_confirmed)
    proposal = _propose(connection.row(), typed)
    result = trial.run(proposal.server)
    if not result.is_good:
        return result
    with transaction("save connection"):
        row, now = lock(Connection, 1), clock.now()
        if row.settings_version != version and not _is_in_use(row, proposal):
            raise errors.StaleVersion(_("Somebody else changed the connection meanwhile. Nothing was saved."))
        if row.organization_id not in (None, result.organization_id):
            raise errors.Conflict(_("The sign-in belongs to another BitTitan organisation. Nothing was saved."))
        _check_open_sends(row, proposal, is_confirmed)
        _write(row, proposal, now, by)
        breaker.end_sign_ins(row)
        connection.resume(row, result.organization_id, by)
    jobs.wake_attempts(now)
    revocations.wake_pending(now)
    return replace(result, is_saved=True)


def count_open_sends() -> int:
    """Purchases that may have been carried out, and for which BitTitan is still to be asked. At most 1,000."""
    rows = select(Attempt.id).where(_is_in_doubt()).limit(_MOST)
    return db.session.scalar(select(func.count()).select_from(rows.subquery()))


def _is_in_doubt() -> ColumnElement[bool]:
    is_sent = Attempt.state.in_((AttemptState.SENDING, AttemptState.UNKNOWN))
    return or_(is_sent, and_(Attempt.state == AttemptState.RESERVED, Attempt.is_tainted))


def _check_address(url: str) -> None:
    try:
        config.server_address("", url)
    except ConfigError:
        raise errors.InvalidInput(
            "url",
            _("Enter an address that starts with https://. Only a server on this machine may have http://."),
        ) from None


def _check_quarantine(server: BitTitanSettings) -> None:
    shortest = settings().shortest_quarantine(server)
    if settings().provisioning.quarantine < shortest:
        raise errors.InvalidInput(
            "url",
            _(
                "For this server PROVISIONING_QUARANTINE must be at least %(seconds)s seconds. Change it and restart "
                "first.",
                seconds=f"{shortest:g}",
            ),
        )


def _check_open_sends(row: Connection, proposal: _Proposal, is_confirmed: bool) -> None:
    number = 0 if is_confirmed or not _moves(row, proposal) else count_open_sends()
    if number:
        raise errors.InvalidInput(
            "is_confirmed",
            ngettext(
                "One purchase may have been carried out at the present server, and it is not known yet. Tick this to "
                "change the server anyway.",
                "%(num)s purchases may have been carried out at the present server, and it is not known yet. Tick this "
                "to change the server anyway.",
                number,
            ),
        )


def _moves(row: Connection, proposal: _Proposal) -> bool:
    """Whether purchases would go to another server, or to one of another kind."""
    now = settings().bittitan_with(vendor_settings.stored(row))
    return (now.url, now.server) != (proposal.server.url, proposal.server.server)


def _propose(row: Connection, typed: Typed) -> _Proposal:
    given, before = settings().bittitan_given, vendor_settings.stored(row)
    now = settings().bittitan_with(before)
    url = typed.url.rstrip("/") if vendor_settings.may_set("url") else now.url
    email = typed.email if vendor_settings.may_set("email") else now.email
    server = typed.server if vendor_settings.may_set("server") else before.server
    if (url, email, typed.password) == (now.url, now.email, None) and given.over(before).url is None:
        stored = ServerValues(server=server)  # still the sandbox, with its own sign-in
        return _Proposal(stored, settings().bittitan_with(stored))
    password = _plain(typed.password)
    stored = ServerValues(
        url if given.url is None else before.url, email if given.email is None else before.email, password, server
    )
    if given.password is None and password is None:
        password = _password_in_use(is_elsewhere=url != now.url)
    return _Proposal(stored, settings().bittitan_with(replace(stored, password=password)))


def _plain(sealed: str | None) -> str | None:
    if sealed is None or not vendor_settings.may_set("password"):
        return None
    if not credentials.can_store():
        raise errors.InvalidInput("password", _("No password can be stored without CREDENTIAL_KEYS."))
    try:
        return credentials.unsealed(sealed, TYPED_PASSWORD)
    except credentials.Unreadable:
        raise errors.InvalidInput("password", _("Enter the password again.")) from None


def _password_in_use(*, is_elsewhere: bool) -> str:
    """Raises InvalidInput if there is none that may be sent to the address."""
    if is_elsewhere:
        raise errors.InvalidInput("password", _("Enter the password. The stored one is not sent to a new address."))
    try:
        password = credentials.read(credentials.BITTITAN_PASSWORD)
    except credentials.Unreadable:
        raise errors.InvalidInput(
            "password", _("Enter the password: the stored one cannot be read with the keys in CREDENTIAL_KEYS.")
        ) from None
    if password is None:
        raise errors.InvalidInput("password", _("Enter the password."))
    return password


def _is_in_use(row: Connection, proposal: _Proposal) -> bool:
    """Whether exactly this is stored already: the button was pressed twice."""
    if vendor_settings.stored(row) != replace(proposal.stored, password=None):
        return False
    try:
        return proposal.stored.password in (None, credentials.read(credentials.BITTITAN_PASSWORD))
    except credentials.Unreadable:
        return False


def _write(row: Connection, proposal: _Proposal, now: datetime, by: Actor) -> None:
    """Inside a transaction. The audit log says that there is a new password, and not which."""
    if _moves(row, proposal):
        row.server_changed_at = now
    vendor_settings.note_server(row, now, proposal.server)
    stored = proposal.stored
    values = {"server_url": stored.url, "server_email": stored.email, "server_kind": stored.server}
    audit.changes("connection", row, values, act="configure", by=by)
    if stored.password is not None:
        credentials.store(credentials.BITTITAN_PASSWORD, stored.password, by=by)
        audit.record("connection", row.id, "configure", by=by, field="password", after="stored")
    row.settings_version += 1
