"""Prepares a bulk retry from a list, a group or a receipt, and the form that starts it."""

from typing import Self

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, StringField
from wtforms.validators import Optional

from portal.bss.selection import selection_of
from portal.core.errors import Conflict
from portal.core.i18n import lazy as _
from portal.models import MAX_DAYS, Retry, User
from portal.services import bulk_retries
from portal.services.bulk_retries.retry_items import Outcome
from portal.services.bulk_retries.retry_page import Preview
from portal.web.forms import WholeNumber, strip
from portal.web.forms.action_forms import ActForm


def prepare(submitted: MultiDict, *, by: User) -> Retry:
    """Prepares a retry of the ticked assets, or of all that match the list's filters. Raises Conflict if a filter
    cannot be read."""
    chosen = selection_of(submitted, by)
    if chosen.filters is None:
        return bulk_retries.prepare_picked(chosen.asset_ids, chosen.query, by=by)
    days = _days(submitted.get("expire_days", "").strip())
    return bulk_retries.prepare_matching(chosen.filters, chosen.query, by=by, expire_days=days)


def _days(text: str) -> int | None:
    """Raises Conflict."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_DAYS):
        raise Conflict(_("Enter the days as a whole number from 1 to %(most)s. Nothing was prepared.", most=MAX_DAYS))
    return int(text)


def prepare_again(retry: Retry, submitted: MultiDict, *, by: User) -> Retry:
    outcomes = {"all": bulk_retries.AGAIN, Outcome.NOT_BEGUN: (Outcome.NOT_BEGUN,)}
    wanted = outcomes.get(submitted.get("what"), (Outcome.FAILED,))
    return bulk_retries.prepare_again(retry, *wanted, by=by)


class StartForm(ActForm):
    """The version field holds the number of assets that the preview said could be sent."""

    canary = BooleanField(_("Send one first, and the others only when it is synchronized"))
    imported = BooleanField(_("Include imported ones: I looked, and they were not bought before"))
    expire_days = StringField(
        _("Expire (days) for all of them"), filters=[strip], validators=[Optional(), WholeNumber(1, MAX_DAYS)]
    )

    @classmethod
    def of(cls, retry: Retry) -> Self:
        return cls(data={"canary": retry.has_canary, "expire_days": str(retry.expire_days or "")})

    def over(self, preview: Preview) -> Self:
        """Fits the form to the preview that is shown now."""
        self.version.data = str(preview.possible)
        return self

    def values(self, by: User) -> dict:
        return {
            "version": self.seen_version(),
            "by": by,
            "has_canary": self.canary.data,
            "includes_imported": self.imported.data,
            "expire_days": int(self.expire_days.data) if self.expire_days.data else None,
        }

    @property
    def status(self) -> int:
        if self.refusal:
            return 409
        return 422 if self.errors else 200
