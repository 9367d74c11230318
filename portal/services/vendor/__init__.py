"""The one provider of this process, and the organisation that it may act for."""

from flask import current_app, has_app_context, has_request_context
from sqlalchemy import Row, select

from portal.core import errors
from portal.core.i18n import gettext as _
from portal.extensions import db, settings
from portal.models import Connection, Coupon
from portal.providers.base import Unavailable
from portal.providers.bittitan import codes
from portal.providers.bittitan.client import BitTitan
from portal.providers.bittitan.current import CurrentProvider, NoSignIn
from portal.providers.causes import NO_ANSWER
from portal.services import vendor_settings


def provider() -> CurrentProvider:
    """Raises RuntimeError in a web request: no page waits for BitTitan (promise 14)."""
    if has_request_context():
        raise RuntimeError("a page asks BitTitan by services/vendor_requests, and a worker carries it out")
    client = current_app.extensions.get("bittitan")
    if client is None:
        codes.register_code_lookup(_on_record)
        client = CurrentProvider()
        _keep_up(client, vendor_settings.read_row())
        client = current_app.extensions.setdefault("bittitan", client)
    return client


def seller_id() -> str | None:
    """The distributor's own organisation, known after the first sign-in. No other organisation's server is asked."""
    columns = (Connection.organization_id, Connection.generation, *vendor_settings.COLUMNS)
    row = db.session.execute(select(*columns)).one()
    refresh_sign_in(row)
    return row.organization_id


def refresh_sign_in(row: Connection | Row) -> None:
    """Call it before each request to BitTitan, with the current connection row. If a person has connected again since,
    this process drops its old sign-in; if the server or the sign-in was changed, it uses the new one. Does not
    block."""
    client = provider()
    _keep_up(client, row)
    client.heed(row.generation, row.organization_id)


def _keep_up(client: CurrentProvider, row: Connection | Row) -> None:
    vendor_settings.notice(row)
    if row.settings_version > client.version:
        server, obstacle = vendor_settings.with_password(row)
        times = settings().provisioning
        client.use(NoSignIn(server, times, obstacle) if obstacle else BitTitan(server, times), row.settings_version)


def no_answer(answer: Unavailable) -> errors.Unavailable:
    """The error to raise if nothing was changed because BitTitan did not answer, or answered with an error."""
    if answer.cause in NO_ANSWER:
        return errors.Unavailable(_("BitTitan is not answering, so nothing was changed. Try again in a few minutes."))
    return errors.Unavailable(_("BitTitan gave a faulty answer, so nothing was changed. Try again in a few minutes."))


def _on_record(words: set[str]) -> list[str]:
    """Which of these words are coupon codes on record. Uses a short connection of its own, after BitTitan has answered.
    Without an app there is no database, so the result is empty."""
    if not has_app_context():
        return []
    cases = {case for word in words for case in (word, word.upper(), word.lower()) if len(case) <= 128}
    with db.engine.connect() as connection:
        return list(connection.scalars(select(Coupon.code).where(Coupon.code.in_(cases)).limit(100)))
