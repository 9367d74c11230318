"""From a list, a group or a receipt to a frozen retry, and the form that starts it."""

from typing import Self
from urllib.parse import urlencode

from flask import url_for
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, StringField
from wtforms.validators import Optional

from portal.core.errors import Conflict
from portal.display.lists.list_address import FILTERS, Address, is_row_id
from portal.models import MAX_DAYS, Retry, User
from portal.services import bulk_retries, lists
from portal.services.bulk_retries.retry_items import Outcome
from portal.services.bulk_retries.retry_page import Preview
from portal.web.forms import WholeNumber, strip
from portal.web.forms.action_forms import ActForm


def prepare(given: MultiDict, *, by: User) -> Retry:
    """What was ticked; or, where the button says so, all that match the list as it is filtered."""
    if given.get("what") != "matching":
        return bulk_retries.prepare_picked([int(text) for text in given.getlist("pick") if is_row_id(text)], by=by)
    address = Address(by, given)
    if _is_misread(address, given):
        raise Conflict(_("What the list is filtered by could not be read, so nothing was prepared."))
    filters = address.filters_of(None)
    choices, _counts = lists.opening(by, filters)
    query = address.query(filters, choices)
    return bulk_retries.prepare_matching(query.filters, urlencode(address.filters), by=by)


def list_of(given: MultiDict, viewer: User) -> str:
    """Where it came from."""
    return url_for("bss.assets.index", **Address(viewer, given).kept)


def _is_misread(address: Address, given: MultiDict) -> bool:
    """A list leaves out what makes no sense, and says so; where it is about buying, that would take more than meant."""
    return any(given.get(name, "").strip() and name not in address.filters for name in FILTERS)


def prepare_again(retry: Retry, given: MultiDict, *, by: User) -> Retry:
    wanted = Outcome.NOT_BEGUN if given.get("what") == Outcome.NOT_BEGUN else Outcome.FAILED
    return bulk_retries.prepare_again(retry, wanted, by=by)


class StartForm(ActForm):
    """Its version is the number of assets that the preview said could be sent."""

    canary = BooleanField(_("One first, the others only once it is synchronized"))
    imported = BooleanField(_("Include imported ones: I looked, and they were not bought before"))
    expire_days = StringField(
        _("Expire (days) for all of them"), filters=[strip], validators=[Optional(), WholeNumber(1, MAX_DAYS)]
    )

    @classmethod
    def of(cls, retry: Retry) -> Self:
        return cls(data={"canary": retry.has_canary, "expire_days": str(retry.expire_days or "")})

    def over(self, preview: Preview) -> Self:
        """What is pressed next counts for what is shown now."""
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
