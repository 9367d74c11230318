"""Every version of a text: a new one is added, none is ever changed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Row, Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from portal.core import audit, clock, paging
from portal.core.errors import Conflict, InvalidInput, NotVisible, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import MailTextVersion, User
from portal.services.mail.events import Event
from portal.services.mail.texts import built_in, checking
from portal.services.mail.texts.built_in import Texts

SUBJECT = "mail text"
"""In the audit log."""


def newest(event: Event, language: str) -> MailTextVersion | None:
    """The one in use. None before the first."""
    rows = _of(event, language).options(joinedload(MailTextVersion.saved_by))
    return db.session.scalar(rows.order_by(MailTextVersion.number.desc()).limit(1))


def number_of(row: MailTextVersion | None) -> int:
    return row.number if row else 0


def texts_of(event: Event, language: str, row: MailTextVersion | None) -> Texts:
    """What this version says."""
    return Texts(row.subject, row.text) if row and row.is_own else built_in.texts_of(event, language)


def one(event: Event, language: str, number: int) -> MailTextVersion:
    """Raises NotVisible."""
    rows = _of(event, language).options(joinedload(MailTextVersion.saved_by))
    row = db.session.scalar(rows.where(MailTextVersion.number == number))
    if row is None:
        raise NotVisible()
    return row


def history(
    event: Event, language: str, before: int | None, size: int
) -> tuple[list[MailTextVersion], int | None]:  # fmt: skip
    """One page, newest first, and the id before which the next page begins."""
    rows = _of(event, language).options(joinedload(MailTextVersion.saved_by))
    return paging.newest(rows, MailTextVersion.id, before, size)


def overview() -> Sequence[Row]:
    """The newest of each event and language: event, language, is_own, saved_at, name."""
    last = select(func.max(MailTextVersion.id)).group_by(MailTextVersion.event, MailTextVersion.language)
    columns = MailTextVersion.event, MailTextVersion.language, MailTextVersion.saved_at, User.name
    rows = select(*columns, MailTextVersion.text.is_not(None).label("is_own"))
    return db.session.execute(rows.join(MailTextVersion.saved_by).where(MailTextVersion.id.in_(last))).all()


def save(event: Event, language: str, texts: Texts, *, version: int, by: User) -> bool:
    """Mails that are written from now on have it. Returns whether anything changed. `version`: the number that the
    person saw. Raises StaleVersion, InvalidInput."""
    for fault in checking.faults(event, texts):
        raise InvalidInput(fault.part, f"{fault.kind.value} {fault.what}")
    with _numbered(event, language, version) as present:
        if texts == texts_of(event, language, present):
            return False
        _add(event, language, present, texts, by=by)
    return True


def reset(event: Event, language: str, *, version: int, by: User) -> None:
    """Mails have the built-in text again. Raises StaleVersion, Conflict."""
    with _numbered(event, language, version) as present:
        if present is None or not present.is_own:
            raise Conflict(_("It is the built-in text already."))
        _add(event, language, present, None, by=by)


@contextmanager
def _numbered(event: Event, language: str, version: int) -> Iterator[MailTextVersion | None]:
    """A transaction with the version in use. Of two that add the next one, the unique number lets one through."""
    try:
        with transaction():
            present = newest(event, language)
            if number_of(present) != version:
                raise moved()
            yield present
    except IntegrityError as taken:
        raise moved() from taken


def moved() -> StaleVersion:
    return StaleVersion(_("Somebody else saved this text in the meantime. Nothing of yours was saved."))


def _add(event: Event, language: str, present: MailTextVersion | None, texts: Texts | None, *, by: User) -> None:
    row = MailTextVersion(
        event=event.name, language=language, number=number_of(present) + 1, saved_at=clock.now(), saved_by_id=by.id,
        subject=texts and texts.subject, text=texts and texts.text,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    before, after = (_called(each) for each in (present, row))
    act, field = "save" if texts else "reset", f"{event.name} {language}"
    audit.record(SUBJECT, row.id, act, by=by, field=field, before=before, after=after)


def _called(row: MailTextVersion | None) -> str:
    return f"version {row.number}" if row and row.is_own else "built-in text"


def _of(event: Event, language: str) -> Select[tuple[MailTextVersion]]:
    return select(MailTextVersion).where(MailTextVersion.event == event.name, MailTextVersion.language == language)
