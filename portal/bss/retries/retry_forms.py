"""Prepares a bulk retry from a list, a group or a receipt, and the form that starts it."""

from typing import Self
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, StringField
from wtforms.validators import Optional

from portal.core.errors import Conflict
from portal.core.i18n import lazy as _
from portal.display.lists.list_address import FILTERS, Address, is_row_id
from portal.models import MAX_DAYS, Retry, User
from portal.services import bulk_retries, lists, pasted_codes
from portal.services.bulk_retries.retry_items import Outcome
from portal.services.bulk_retries.retry_page import Preview
from portal.web.forms import WholeNumber, strip
from portal.web.forms.action_forms import ActForm
from portal.web.urls import url_for


def prepare(submitted: MultiDict, *, by: User) -> Retry:
    """Prepares a retry of the ticked assets, or of all that match the list's filters. Raises Conflict if a filter
    cannot be read."""
    address = _address(submitted, by)
    if submitted.get("what") != "matching":
        picked = [int(text) for text in submitted.getlist("pick") if is_row_id(text)]
        return bulk_retries.prepare_picked(picked, urlencode(address.filters), by=by)
    if _has_unread_filter(address, submitted):
        raise Conflict(_("A filter of the list could not be read, so nothing was prepared."))
    filters = address.filters_of(None)
    choices, _counts = lists.opening(by, filters)
    query = address.query(filters, choices)
    days = _days(submitted.get("expire_days", "").strip())
    return bulk_retries.prepare_matching(query.filters, urlencode(address.filters), by=by, expire_days=days)


def _days(text: str) -> int | None:
    """Raises Conflict."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_DAYS):
        raise Conflict(_("Enter the days as a whole number from 1 to %(most)s. Nothing was prepared.", most=MAX_DAYS))
    return int(text)


def list_of(submitted: MultiDict, viewer: User) -> str:
    """Returns the address of the list from which the form was sent."""
    return url_for("bss.assets.index", **_address(submitted, viewer).kept)


def _address(submitted: MultiDict, viewer: User) -> Address:
    """Without a search that holds a code, which no list puts into such a form."""
    names = submitted.keys()
    if pasted_codes.look_up(viewer, submitted.get("q", "")) is not None:
        names = names - {"q"}
    return Address(viewer, {name: submitted[name] for name in names})


def _has_unread_filter(address: Address, submitted: MultiDict) -> bool:
    """A list ignores filters that it cannot read, and says so. A retry must not: it would buy more than was meant."""
    return any(submitted.get(name, "").strip() and name not in address.filters for name in FILTERS)


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
