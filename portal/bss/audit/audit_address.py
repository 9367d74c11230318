"""Reads the address of the audit log, and notes what cannot be read."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.lists.list_address import row_id
from portal.models import Account, User
from portal.services.accounts import account_history, account_list
from portal.services.audit_log import Filters, Group, audit_people, audit_subjects
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for

NAMES = ("q", "who", "group", "account", "days", "from", "to")
DAYS = {"today": lazy("Today"), "yesterday": lazy("Yesterday"), "week": lazy("Last 7 days")}


class AuditAddress(Paged):
    """Runs a statement for each of account, person and text that is named."""

    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(args, path=url_for("bss.audit.index"), names=NAMES)
        self.viewer, self.notes = viewer, []
        self.process = self.kept["who"] if self.kept.get("who") in audit_people.PROCESSES else None
        self.person = None if self.process else self._person()
        self.account = self._account()
        self.group = self._value("group", Group, _("That kind of act is not known, so all are shown."))
        self.first_day, self.last_day = self._days()
        self.about = audit_subjects.found_by(viewer, self.kept["q"]) if "q" in self.kept else None
        self.filters = self._filters()

    def _filters(self) -> Filters:
        return Filters(
            person_id=self.person.id if self.person else None,
            process=self.process,
            group=self.group,
            account_ids=self._account_ids(),
            about=self.about,
            first=clock.begin_of(self.first_day) if self.first_day else None,
            end=clock.end_of(self.last_day) if self.last_day else None,
            is_impossible="q" in self.kept and self.about is None,
        )

    def _account_ids(self) -> tuple[int, ...]:
        if self.account is None:
            return ()
        return (self.account.id, *(row.id for row in account_history.merged_into(self.account)))

    def _person(self) -> User | None:
        user_id = row_id(self.kept.get("who"))
        found = audit_people.person(self.viewer, user_id) if user_id else None
        if found is None and self.kept.pop("who", None):
            self.notes.append(_("There is no such person; all are shown."))
        return found

    def _account(self) -> Account | None:
        account_id = row_id(self.kept.get("account"))
        found = account_list.by_id(self.viewer, account_id) if account_id else None
        if found is None and self.kept.pop("account", None):
            self.notes.append(_("There is no such account; all are shown."))
        return found

    def _days(self) -> tuple[date | None, date | None]:
        """Days that are named by themselves come before `days`."""
        first = self._value("from", date.fromisoformat, _("“From” is not a date, so it was ignored."))
        last = self._value("to", date.fromisoformat, _("“To” is not a date, so it was ignored."))
        if first or last:
            self.kept.pop("days", None)
            return first, last
        days = self._value("days", _named_days, _("Those days are not known, so all are shown."))
        return days or (None, None)

    def _value(self, name: str, read: Callable[[str], Any], refusal: str) -> Any:
        text = self.kept.get(name)
        try:
            return None if text is None else read(text)
        except ValueError:
            del self.kept[name]
            self.notes.append(refusal)
            return None


def _named_days(name: str) -> tuple[date, date]:
    """Raises ValueError."""
    if name not in DAYS:
        raise ValueError(name)
    today = clock.today()
    if name == "yesterday":
        return today - timedelta(days=1), today - timedelta(days=1)
    return (today if name == "today" else today - timedelta(days=6)), today
