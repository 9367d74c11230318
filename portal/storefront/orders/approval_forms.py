"""The forms of the approvals: the ticked orders with one reason, and when the partner wants to be asked."""

import re

from flask import request
from wtforms import RadioField, StringField
from wtforms.validators import ValidationError

from portal.core import money
from portal.core.errors import StaleVersion
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.core.paging import MAX_ID
from portal.models import Account
from portal.services.ordering.approvals import Act, approval_rule
from portal.services.ordering.decisions import LONGEST_REASON
from portal.storefront.orders.order_forms import PressedForm
from portal.web.forms import Text, one_line, strip

ALWAYS, ABOVE, NEVER = "always", "above", "never"
ACTS = {act.value: act for act in Act}
_PICK = re.compile(r"([1-9][0-9]{0,9})-([0-9]{1,9})", re.ASCII)
"""Id and version of an order."""


class PicksForm(PressedForm):
    reason = StringField(
        lazy("Reason, needed to reject"), filters=[one_line], validators=[Text(LONGEST_REASON)]
    )  # fmt: skip

    def validate(self, extra_validators=None) -> bool:
        is_valid = super().validate(extra_validators)
        if self.act == Act.REJECT.value and not self.reason.data:
            self.reason.errors = [_("Say why; the buyer reads it.")]
            return False
        return is_valid

    @property
    def picked(self) -> dict[int, int]:
        """By the id of each ticked order, the version that the person saw."""
        found = filter(None, map(_PICK.fullmatch, request.form.getlist("pick")))
        return {int(each[1]): int(each[2]) for each in found if int(each[1]) <= MAX_ID}


class RuleForm(PressedForm):
    rule = RadioField(lazy("When you want to be asked"), choices=(ALWAYS, ABOVE, NEVER), validate_choice=False)
    current: Account | None = None
    """After a conflict, with the setting as it is now."""
    amount = StringField(lazy("Amount an order may cost you"), filters=[strip], validators=[Text(40)])

    @classmethod
    def of(cls, account: Account) -> "RuleForm":
        amount = "" if account.approves_up_to is None else money.major_units(account.approves_up_to, account.currency)
        form = cls(data={"version": str(account.version), "rule": rule_of(account), "amount": amount})
        form.currency, form.stored = account.currency, account.version
        return form

    def is_stale(self) -> bool:
        """Whether the account has changed since the person saw it; also where the setting is only checked."""
        if self.refusal is None and self.seen_version() != self.stored:
            self.refusal = StaleVersion(str(approval_rule.CHANGED))
        return self.refusal is not None

    def take_current(self, account: Account) -> None:
        """After a conflict: saving again replaces what is there."""
        self.version.data, self.current = str(account.version), account

    def validate_rule(self, field) -> None:
        if field.data not in (ALWAYS, ABOVE, NEVER):
            raise ValidationError(_("Choose when you want to be asked."))

    def validate_amount(self, field) -> None:
        try:
            self.minor_units = money.minor_units(field.data, self.currency)
        except ValueError as wrong:
            raise ValidationError(str(wrong)) from wrong

    def validate(self, extra_validators=None) -> bool:
        is_valid = super().validate(extra_validators)
        if self.rule.data == ABOVE and not self.amount.data:
            self.amount.errors = [_("Enter the amount up to which you need not be asked.")]
            return False
        return is_valid

    def values(self) -> dict:
        up_to = self.minor_units if self.rule.data == ABOVE else None
        return {"asks": self.rule.data != NEVER, "up_to": up_to, "version": self.seen_version()}


def rule_of(account: Account) -> str:
    if not account.asks_approval:
        return NEVER
    return ALWAYS if account.approves_up_to is None else ABOVE
