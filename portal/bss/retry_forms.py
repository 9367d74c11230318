"""From a list, a group or a receipt to a frozen retry, and the form that starts it."""

from typing import Self
from urllib.parse import urlencode

from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, StringField
from wtforms.validators import Optional

from portal.models import MAX_DAYS, Retry, User
from portal.services import lists, retries
from portal.services.retry_items import Outcome
from portal.web.acts import ActForm
from portal.web.forms import WholeNumber, strip
from portal.web.list_address import Address, is_row_id


def prepare(given: MultiDict, *, by: User) -> Retry:
    """What was ticked; or, where the button says so, all that match the list as it is filtered."""
    if given.get("what") != "matching":
        return retries.prepare_picked([int(text) for text in given.getlist("pick") if is_row_id(text)], by=by)
    address = Address(given)
    query = address.query(lists.choices(by, address.account_id), None)
    return retries.prepare_matching(query.filters, urlencode(address.filters), by=by)


def prepare_again(retry: Retry, given: MultiDict, *, by: User) -> Retry:
    wanted = Outcome.NOT_BEGUN if given.get("what") == Outcome.NOT_BEGUN else Outcome.FAILED
    return retries.prepare_again(retry, wanted, by=by)


class StartForm(ActForm):
    canary = BooleanField(_("One first, the others only once it is synchronized"))
    imported = BooleanField(_("Include imported ones: they may have been bought before"))
    expire_days = StringField(
        _("Expire (days) for all of them"), filters=[strip], validators=[Optional(), WholeNumber(1, MAX_DAYS)]
    )

    @classmethod
    def of(cls, retry: Retry) -> Self:
        return cls(data={"canary": retry.has_canary, "expire_days": str(retry.expire_days or "")})

    def values(self, by: User) -> dict:
        return {
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
