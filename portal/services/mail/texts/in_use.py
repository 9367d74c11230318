"""The texts with which mails are written: those of the distributor, or the built-in ones."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from portal.core.i18n import in_language
from portal.core.languages import ENGLISH
from portal.extensions import db
from portal.models import MailTextVersion
from portal.services import alerts
from portal.services.mail import events
from portal.services.mail.events import Event
from portal.services.mail.texts import built_in, checking
from portal.services.mail.texts.built_in import Texts

ALERT = "mail text"
Pair = tuple[str, str]
"""The name of an event, and a language."""

_LATER = aliased(MailTextVersion)
_NEWEST = (
    select(func.max(_LATER.number))
    .where(_LATER.event == MailTextVersion.event, _LATER.language == MailTextVersion.language)
    .scalar_subquery()
)
_OWN = select(
    MailTextVersion.event, MailTextVersion.language, MailTextVersion.subject, MailTextVersion.text
).where(
    MailTextVersion.event.in_(bindparam("events", expanding=True)),
    MailTextVersion.number == _NEWEST,
    MailTextVersion.text.is_not(None),
)  # fmt: skip


def texts_of(pairs: Iterable[Pair], now: datetime) -> dict[Pair, Texts]:
    """Inside a transaction. One statement. A text that does not fit its event any more stops no mail: the built-in one
    is taken, and the staff are told."""
    pairs = set(pairs)
    rows = db.session.connection().execute(_OWN, {"events": sorted({event for event, _language in pairs})})
    own = {(row.event, row.language): Texts(row.subject, row.text) for row in rows}
    return {pair: _fitting(events.named(pair[0]), pair[1], own.get(pair), now) for pair in pairs}


def _fitting(event: Event, language: str, own: Texts | None, now: datetime) -> Texts:
    if own is not None and not checking.faults(event, own):
        return own
    if own is not None:
        alerts.raise_daily(ALERT, _sentence(event, language), now)
    return built_in.texts_of(event, language)


def _sentence(event: Event, language: str) -> str:
    with in_language(ENGLISH):
        title = str(event.title)
    return (
        f"The own text of “{title}” ({language}) does not fit this version of the portal: mails have the built-in text "
        "until it is mended under Setup > Mail texts."
    )
