"""The lines of the audit log, and those of the story of an asset that are entries."""

from dataclasses import dataclass
from datetime import datetime

from portal.bss.audit.audit_links import link_to
from portal.bss.audit.audit_wording import Wording, subject_text, via_text, who_text
from portal.display.wording.history_text import Change
from portal.models import AuditEntry, User
from portal.services.audit_log.audit_subjects import Key, Named


@dataclass(frozen=True)
class Line:
    id: str
    at: datetime
    who: str
    change: Change
    by: str = ""
    """The process that did it for this person; empty if they did it themselves."""
    about: str = ""
    more: str = ""
    """Whose the thing is."""
    href: str | None = None


def line_of(entry: AuditEntry, named: dict[Key, Named], words: Wording, viewer: User) -> Line:
    name = named.get((entry.subject, entry.subject_id))
    return Line(
        f"entry-{entry.id}", entry.at, who_text(entry), words.of(entry), via_text(entry.via),
        subject_text(entry, name), name.more if name else "", link_to(entry, name, viewer),
    )  # fmt: skip
