"""What the pages of mail texts show."""

from dataclasses import dataclass
from datetime import datetime

from portal.core import languages
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.core.languages import Language
from portal.display.lists.list_address import row_id
from portal.models import MailTextVersion, User
from portal.services.mail import events
from portal.services.mail.events import Event
from portal.services.mail.texts import built_in, previews, versions
from portal.services.mail.texts.built_in import Texts
from portal.services.mail.texts.previews import Preview, Values

VERSIONS = 10
"""On a page."""
Line = tuple[str, bool]
"""With whether the other text does not have it."""


@dataclass(frozen=True)
class Side:
    """A text beside another one."""

    name: str
    subject: str
    has_other_subject: bool
    lines: list[Line]


@dataclass(frozen=True)
class ListRow:
    event: Event
    own: tuple[Language, ...]
    """Those with a text of the distributor."""
    changed_at: datetime | None
    changed_by: str | None


def list_rows() -> list[ListRow]:
    """One statement."""
    changed: dict[str, list] = {}
    for each in versions.overview():
        changed.setdefault(each.event, []).append(each)
    return [_row(event, changed.get(name, [])) for name, event in events.EVENTS.items()]


def _row(event: Event, changed: list) -> ListRow:
    own = {each.language for each in changed if each.is_own}
    last = max(changed, key=lambda each: each.saved_at, default=None)
    shown = tuple(language for code, language in languages.offered().items() if code in own)
    return ListRow(event, shown, last and last.saved_at, last and last.name)


class TextPage:
    """One event in one language. Raises NotVisible."""

    def __init__(self, event: str, language: str):
        if event not in events.EVENTS or language not in languages.offered():
            raise NotVisible()
        self.event, self.language = events.named(event), language
        self.fields = built_in.fields_of(self.event)
        self.secrets = built_in.secrets_of(self.event)
        self.row = versions.newest(self.event, language)
        self.number = versions.number_of(self.row)

    @property
    def is_own(self) -> bool:
        return self.row is not None and self.row.is_own

    @property
    def languages(self) -> list[tuple[Language, bool]]:
        """Each with whether it has a text of the distributor."""
        own = {each.language for each in versions.overview() if each.event == self.event.name and each.is_own}
        return [(language, code in own) for code, language in languages.offered().items()]

    @property
    def in_use(self) -> Texts:
        return versions.texts_of(self.event, self.language, self.row)

    @property
    def has_asset(self) -> bool:
        return previews.has_asset(self.event)

    def values(self, viewer: User, asset_id: int | None) -> Values:
        return previews.values_of(self.event, self.language, viewer, asset_id)

    def preview(self, texts: Texts, values: Values) -> Preview:
        return previews.preview(texts, self.language, values)

    def anew(self) -> "TextPage":
        return TextPage(self.event.name, self.language)

    def version(self, number: str) -> Texts:
        """Raises NotVisible."""
        return versions.texts_of(
            self.event, self.language, versions.one(self.event, self.language, row_id(number) or 0)
        )

    def history(self, before: int | None) -> tuple[list[tuple[MailTextVersion, str]], int | None]:
        """Each with what changed, newest first, and the id before which the next ones are."""
        rows, _more = versions.history(self.event, self.language, before, VERSIONS + 1)
        shown, earlier = rows[:VERSIONS], [*rows[1:], None]
        told = [(row, self._what_changed(row, old)) for row, old in zip(shown, earlier, strict=False)]
        return told, shown[-1].id if len(rows) > VERSIONS else None

    def beside(self, row: MailTextVersion) -> list[Side]:
        """This version, and the text in use if that is another one."""
        sides = self.compared(version_name(row), versions.texts_of(self.event, self.language, row))
        return sides[:1] if row.number == self.number else sides

    def compared(self, name: str, texts: Texts) -> list[Side]:
        """These texts and those in use."""
        return [_side(name, texts, self.in_use), _side(_("In use now"), self.in_use, texts)]

    def _what_changed(self, row: MailTextVersion, old: MailTextVersion | None) -> str:
        before, after = (versions.texts_of(self.event, self.language, each) for each in (old, row))
        if not row.is_own or before == after:
            return _("The built-in text")
        if before.text == after.text:
            return _("Another subject")
        return _("Another text") if before.subject == after.subject else _("Another subject and text")


def version_name(row: MailTextVersion) -> str:
    return _("Version %(number)s", number=row.number)


def _side(name: str, texts: Texts, other: Texts) -> Side:
    there = set(other.text.split("\n"))
    lines = [(line, line not in there) for line in texts.text.split("\n")]
    return Side(name, texts.subject, texts.subject != other.subject, lines)
