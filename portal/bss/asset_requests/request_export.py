"""The list of requests as a CSV file of any length, streamed while it is read."""

from collections.abc import Iterator

from flask import Response
from sqlalchemy import Row

from portal.core.csv_safe import Cells
from portal.core.i18n import gettext as _
from portal.display.assets.request_words import REASONS, STATES
from portal.models import User
from portal.services.asset_requests import request_list
from portal.services.asset_requests.request_list import Filters
from portal.services.lists import exports
from portal.web.pages.downloads import Columns, csv_list


def as_csv(viewer: User, filters: Filters) -> Response:
    """Exactly what the list shows, all pages, in its order."""
    query = request_list.every(viewer, filters)
    states, reasons = ({each: str(text) for each, text in words.items()} for words in (_states(), REASONS))

    def line(row: Row) -> Cells:
        ended = row.settled_at.isoformat(timespec="seconds") if row.settled_at else ""
        return (
            f"AS-{row.asset_id}", row.asset, row.used_by, row.asked_at.isoformat(timespec="seconds"), row.person,
            row.account, row.words, states[row.state], reasons.get(row.closed_because, ""), row.answer, ended,
            row.settled_by or "", row.remark,
        )  # fmt: skip

    def read() -> Iterator[Columns]:
        for rows in exports.stream(query):
            yield list(zip(*map(line, rows), strict=True))

    return csv_list(_heads(), read, "requests", lambda total: _("End of export: %(total)s requests", total=total))


def _states() -> dict:
    return {state: text for state, (text, *_look) in STATES.items()}


def _heads() -> list[str]:
    return [
        _("Asset"), _("Name"), _("Account"), _("Asked (UTC)"), _("Asked by"), _("Of"), _("Words"), _("Outcome"),
        _("Why"), _("Answer"), _("Settled (UTC)"), _("Settled by"), _("Remark for colleagues"),
    ]  # fmt: skip
