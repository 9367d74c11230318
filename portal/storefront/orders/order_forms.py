"""The forms of one order. The first button of each is hidden and only checks, so that Return never cancels, approves or
buys.
"""

import uuid
from typing import Self

from flask import request
from wtforms import HiddenField, TextAreaField

from portal.core.errors import StaleVersion
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Order, User
from portal.services.ordering import decisions
from portal.services.ordering.decisions import LONGEST_REASON
from portal.web.forms import Text, strip
from portal.web.forms.action_forms import ActForm

_LONGEST_KEY = 100


class PressedForm(ActForm):
    """Does something only if one of its buttons was pressed."""

    @property
    def act(self) -> str:
        return request.form.get("act", "") if self.is_submitted() else ""

    def is_pressed(self, *acts: str) -> bool:
        return self.act in acts and self.validate()

    @property
    def status(self) -> int:
        """200 if what was typed was only checked."""
        if self.refusal:
            return 409
        return 422 if self.is_submitted() and (self.errors or not self.validate()) else 200


class ReasonForm(PressedForm):
    """Carries the order's version."""

    reason = TextAreaField(lazy("Reason"), filters=[strip], validators=[Text(LONGEST_REASON)])

    def values(self, by: User) -> dict:
        return {"by": by, "reason": self.reason.data or "", "version": self.seen_version()}

    def check_seen(self, order: Order) -> None:
        """Also where no button was pressed."""
        if self.refusal is None:
            self.carry_out(decisions.check_version, order, self.seen_version())

    def over(self, order: Order) -> Self:
        self.version.data = str(order.version)
        return self


class AgainForm(PressedForm):
    """`version`: of the basket that it replaces."""

    key = HiddenField()
    """Makes sending it twice add once."""

    @classmethod
    def of(cls, basket: Order | None) -> Self:
        return cls(data={"key": str(uuid.uuid4()), "version": str(basket.version if basket else 0)})

    def check_seen(self, basket: Order | None) -> None:
        """Also where no button was pressed."""
        if self.is_submitted() and self.seen_version() != (basket.version if basket else 0):
            self.refusal = self.refusal or StaleVersion(_("Your basket changed in the meantime. Nothing was added."))

    @property
    def seen_key(self) -> str:
        return (self.key.data or "")[:_LONGEST_KEY]
