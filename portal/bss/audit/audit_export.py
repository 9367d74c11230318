"""The audit log as a CSV file of any length, streamed while it is read."""

from collections.abc import Iterator, Sequence

from flask import Response
from sqlalchemy import Row

from portal.bss.audit.audit_wording import Wording, subject_text, via_text, who_text
from portal.core.csv_safe import Cells
from portal.core.i18n import gettext as _
from portal.extensions import settings
from portal.models import AuditEntry
from portal.services import audit_log
from portal.services.audit_log import Filters, audit_subjects
from portal.services.lists import exports
from portal.web.pages.downloads import Columns, csv_list


def as_csv(filters: Filters) -> Response:
    """Exactly what the list shows, all pages, in its order."""
    rows, words = audit_log.every(filters), Wording()

    def read() -> Iterator[Columns]:
        return (_cells(part, words) for part in exports.stream(rows))

    return csv_list(_heads(), read, "audit-log", lambda total: _("End of export: %(total)s entries", total=total))


def _heads() -> list[str]:
    return [
        _("When"), _("Who"), _("By"), _("What"), _("About"), _("Account"), _("From"), _("To"), _("Why"), _("Entry"),
    ]  # fmt: skip


def _cells(rows: Sequence[Row], words: Wording) -> list[Cells]:
    entries = [AuditEntry(**row._mapping) for row in rows]
    named, zone = audit_subjects.names_of(entries), settings().time_zone
    return list(zip(*(_line(entry, named, words, zone) for entry in entries), strict=True))


def _line(entry: AuditEntry, named: dict, words: Wording, zone) -> tuple[str, ...]:
    name, change = named.get((entry.subject, entry.subject_id)), words.of(entry)
    return (
        entry.at.astimezone(zone).isoformat(timespec="seconds"), who_text(entry), via_text(entry.via), change.what,
        subject_text(entry, name), name.more if name else "", change.before or "", change.after or "", change.why or "",
        str(entry.id),
    )  # fmt: skip
