"""BitTitan's server and the portal's sign-in there: each value from the environment, or else as set in the portal.

The connection row, which each page and each send reads in any case, counts the changes. A process that sees a higher
number takes up the new values; nobody has to restart anything.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from flask import current_app
from sqlalchemy import Row, select

from portal.config import BitTitanSettings, ServerValues, sandbox_url
from portal.core.transaction import read_committed
from portal.extensions import db, settings
from portal.models import Attempt, Connection
from portal.providers.causes import Cause
from portal.services import credentials

COLUMNS = (Connection.settings_version, Connection.server_url, Connection.server_email, Connection.server_kind)
_HELD = "vendor_settings"


@dataclass(frozen=True)
class _Held:
    version: int
    server: BitTitanSettings
    """Without the password: pages read this, too."""


def current() -> BitTitanSettings:
    """What counts now, as far as this process knows. Without the password."""
    held = current_app.extensions.get(_HELD) or notice(read_row())
    return held.server


def uses_sandbox() -> bool:
    return is_sandbox(current().url)


def is_sandbox(url: str) -> bool:
    return url == sandbox_url(settings().sandbox_port)


def note_server(row: Connection, now: datetime, server: BitTitanSettings | None = None) -> None:
    """Inside a transaction that has locked the row, before anything is sent: a change in the environment counts like
    one in the portal. `server`: what is used from this transaction on."""
    name = _name(server or notice(row).server)
    if row.sends_to not in (None, name):
        row.server_changed_at = now
    row.sends_to = name


def may_be_elsewhere(attempt: Attempt) -> bool:
    """Whether it may have been carried out at another server than the one that this process asks."""
    row = db.session.get(Connection, 1, populate_existing=True)
    is_changed = row.sends_to not in (None, _name(notice(row).server))
    return attempt.may_be_elsewhere(row.server_changed_at) or (attempt.is_tainted and is_changed)


def _name(server: BitTitanSettings) -> str:
    """The sandbox is the same one at each port."""
    return f"{'sandbox' if is_sandbox(server.url) else server.url} {server.server}"


def notice(row: Connection | Row) -> _Held:
    """Call it with the connection row where it was read. Older values than those already known are ignored."""
    held = current_app.extensions.get(_HELD)
    if held is None or row.settings_version > held.version:
        server = replace(settings().bittitan_with(stored(row)), password="")
        held = current_app.extensions[_HELD] = _Held(row.settings_version, server)
    return held


def read_row() -> Row:
    """Outside any transaction."""
    return read_committed(select(*COLUMNS).where(Connection.id == 1))


def stored(row: Connection | Row) -> ServerValues:
    """Without the password."""
    return ServerValues(row.server_url, row.server_email, None, row.server_kind)


def with_password(row: Connection | Row) -> tuple[BitTitanSettings, str | None]:
    """What the portal signs in with, and the cause if it cannot sign in with that."""
    values = stored(row)
    if settings().bittitan_given.over(values).url is not None and settings().bittitan_given.password is None:
        try:
            values = replace(values, password=credentials.read(credentials.BITTITAN_PASSWORD))
        except credentials.Unreadable:
            return settings().bittitan_with(values), Cause.CREDENTIALS_UNREADABLE
    server = settings().bittitan_with(values)
    return server, obstacle(server)


def may_set(name: str) -> bool:
    """Whether this value may be set in the portal. A password from the environment is sent to no address that was typed
    in the portal."""
    given = settings().bittitan_given
    if name == "url" and given.password is not None:
        return False
    return getattr(given, name) is None


def sources(row: Connection | Row) -> dict[str, str]:
    """Where each value comes from: the name of a variable, `portal`, or `sandbox` or `default`."""
    given, here = settings().bittitan_given, stored(row)
    is_sandbox = given.over(here).url is None
    here = replace(here, password="")
    names = {}
    for name in ("url", "email", "password", "server"):
        own = "default" if name == "server" else "sandbox" if is_sandbox else "portal"
        is_given = getattr(given, name) is not None and not (is_sandbox and name in ("email", "password"))
        names[name] = f"BITTITAN_{name.upper()}" if is_given else "portal" if getattr(here, name) else own
    return names


def obstacle(server: BitTitanSettings) -> str | None:
    if not server.email or not server.password:
        return Cause.CREDENTIALS_MISSING
    if settings().provisioning.quarantine < settings().shortest_quarantine(server):
        return Cause.QUARANTINE_TOO_SHORT
    return None
