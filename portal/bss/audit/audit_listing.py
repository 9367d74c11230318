"""The view model of the audit log."""

from typing import Self

from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.bss.audit.audit_address import DAYS, NAMES, AuditAddress
from portal.bss.audit.audit_rows import Line, line_of
from portal.bss.audit.audit_wording import GROUPS, Wording, process_name
from portal.core.i18n import gettext as _
from portal.display.lists.chips import Chip
from portal.services import audit_log
from portal.services.audit_log import audit_people, audit_subjects
from portal.web.filters import capped, number
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for


def list_address(args: MultiDict) -> str:
    """The address of the first page of such a list."""
    return Paged(args, path=url_for("bss.audit.index"), names=NAMES).href({})


class AuditList(AuditAddress):
    """Four SQL statements, and one for each filter by account, person or text."""

    rows: list[Line]
    count: int

    def read(self) -> Self:
        self.slice = audit_log.page(self.filters, self.place)
        self.count = audit_log.count(self.filters)
        entries = [entry for (entry,) in self.slice.rows]
        named, words = audit_subjects.names_of(entries), Wording()
        self.rows = [line_of(entry, named, words, self.viewer) for entry in entries]
        return self

    @property
    def story(self) -> str | None:
        """Of the one asset that the list is about: attempts, requests and answers are no entries."""
        is_asset = self.about is not None and self.about[0] == "asset" and self.rows
        return url_for("bss.assets.story", asset_id=self.about[1]) if is_asset else None

    @property
    def is_filtered(self) -> bool:
        return bool(self.kept)

    @property
    def showing(self) -> str:
        return _("%(shown)s of %(total)s, newest first", shown=number(len(self.rows)), total=capped(self.count))

    @property
    def export(self) -> str:
        return self.href({"format": "csv"})

    @property
    def people(self) -> list[tuple[str, str]]:
        """Those who acted, and what acts by itself. With the person of the filter, whoever that is."""
        found = [(str(user_id), name) for user_id, name in audit_people.colleagues(self.viewer)]
        if self.person is not None and str(self.person.id) not in dict(found):
            found.append((str(self.person.id), self.person.name))
        return [*found, *((each, process_name(each)) for each in audit_people.PROCESSES)]

    @property
    def groups(self) -> list[tuple[str, str]]:
        return [(group.value, str(text)) for group, text in GROUPS.items()]

    @property
    def chips(self) -> list[Chip]:
        chips = [
            self._chip(_("All days"), {}, "days", "from", "to", is_current=self.first_day is self.last_day is None)
        ]
        for name, text in DAYS.items():
            is_set = self.kept.get("days") == name
            chips.append(self._chip(str(text), {"days": name}, "from", "to", is_current=is_set))
        mine = {"who": str(current_user.id), "days": "today"}
        reveals = {"group": audit_log.Group.REVEALS.value, "days": "today"}
        for text, filters in ((_("What I did today"), mine), (_("Codes revealed today"), reveals)):
            chips.append(self._chip(text, filters, *NAMES, is_current=self.kept == filters))
        return chips

    def _chip(self, text: str, changes: dict[str, str], *drop: str, is_current: bool) -> Chip:
        return Chip(text, self.href(changes, *drop), is_current=is_current)
