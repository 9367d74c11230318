"""The outbox as a CSV file of any length, streamed while it is read."""

from collections.abc import Iterator
from datetime import datetime

from flask import Response
from sqlalchemy import Row

from portal.bss.outbox import outbox_wording as wording
from portal.core.csv_safe import Cells
from portal.core.i18n import gettext as _
from portal.display.wording.account_wording import language_name
from portal.models import User
from portal.services.lists import exports
from portal.services.mail import message_list
from portal.services.mail.message_list import Filters
from portal.web.pages.downloads import Columns, csv_list


def as_csv(viewer: User, filters: Filters) -> Response:
    """Exactly what the list shows, all pages, in its order. No texts, so no codes."""
    query = message_list.every(viewer, filters)

    def read() -> Iterator[Columns]:
        for rows in exports.stream(query):
            yield list(zip(*map(_line, rows), strict=True))

    return csv_list(_heads(), read, "outbox", lambda total: _("End of export: %(total)s mails", total=total))


def _heads() -> list[str]:
    return [
        _("Written (UTC)"), _("What"), _("To"), _("Name"), _("Language"), _("About"), _("Account"), _("Outcome"),
        _("Why"), _("Tries"), _("Settled (UTC)"), _("Message-ID"),
    ]  # fmt: skip


def _line(row: Row) -> Cells:
    return (
        _instant(row.created_at), wording.title(row.event), row.recipient, row.recipient_name,
        language_name(row.language), wording.about(row), row.account, str(wording.STATES[row.state][0]),
        wording.why(row), str(row.tries_made), _instant(row.settled_at), row.message_id or "",
    )  # fmt: skip


def _instant(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
