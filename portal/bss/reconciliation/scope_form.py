"""What a comparison is about: everything, or one partner, account, asset or period."""

from typing import Self

from flask_login import current_user
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Account, ReconciliationRun, ReconciliationScope
from portal.models.asset_rules import asset_id_of
from portal.services.accounts import account_list
from portal.services.reconciliation.scanning.runs import RunScope
from portal.web.forms import Text, strip
from portal.web.forms.action_forms import ActForm
from portal.web.forms.days import DayField

Scope = ReconciliationScope
SCOPES = {
    Scope.EVERYTHING: lazy("Everything"),
    Scope.TREE: lazy("A partner and its customers"),
    Scope.ACCOUNT: lazy("One account"),
    Scope.ASSET: lazy("One asset"),
    Scope.PERIOD: lazy("Assets bought in a period"),
}
_NEEDS = {
    "account": (Scope.TREE, Scope.ACCOUNT),
    "asset": (Scope.ASSET,),
    "from_on": (Scope.PERIOD,),
    "until_on": (Scope.PERIOD,),
}
WHOLE = [
    SelectChoice("yes", lazy("Yes, it holds all coupons that can be redeemed")),
    SelectChoice("no", lazy("No, or I am not sure")),
]


class ScopeForm(ActForm):
    """A field that the scope does not need has to be empty, so that nobody compares everything by mistake."""

    scope = SelectField(
        lazy("Compare with"), choices=[SelectChoice(scope.value, text) for scope, text in SCOPES.items()]
    )
    account = StringField(lazy("Account"), filters=[strip], validators=[Text(200)])
    asset = StringField(lazy("Asset"), filters=[strip], validators=[Text(20)])
    from_on = DayField(lazy("From"), validators=[Optional()])
    until_on = DayField(lazy("To"), validators=[Optional()])

    found: Account | None = None

    @classmethod
    def like(cls, run: ReconciliationRun) -> Self:
        """Filled with the scope of an earlier run."""
        data = {"scope": run.scope.value, "account": run.account.code if run.account else "", "from_on": run.from_on}
        data |= {"asset": f"AS-{run.asset_id}" if run.asset_id else "", "until_on": run.until_on}
        return cls(formdata=None, data=data)

    def validate_account(self, field) -> None:
        if not self._is_needed(field):
            return
        accounts = account_list.named(current_user, field.data, 2) if field.data else []
        if len(accounts) != 1:
            raise ValidationError(_which(field.data, len(accounts)))
        self.found = accounts[0]

    def validate_asset(self, field) -> None:
        if self._is_needed(field) and self._asset_id is None:
            raise ValidationError(_("Enter the number of an asset, such as AS-17."))

    def validate_from_on(self, field) -> None:
        self._is_needed(field)

    def validate_until_on(self, field) -> None:
        self._is_needed(field)

    @property
    def scoped(self) -> RunScope:
        """After the form was validated."""
        return RunScope(
            Scope(self.scope.data), self.found and self.found.id, self._asset_id, self.from_on.data, self.until_on.data
        )  # fmt: skip

    def _is_needed(self, field) -> bool:
        """Raises ValidationError if it is filled, and the scope has no such thing."""
        if self.scope.data in [scope.value for scope in _NEEDS[field.short_name]]:
            return True
        if field.data:
            raise ValidationError(_("Leave this empty, or choose above what it belongs to."))
        return False

    @property
    def _asset_id(self) -> int | None:
        return asset_id_of(self.asset.data)


class CompareForm(ScopeForm):
    """Of an uploaded file."""

    is_whole = RadioField(lazy("Is the file complete?"), default="no", choices=WHOLE)


def _which(text: str | None, count: int) -> str:
    if not text:
        return _("Enter a name or a code.")
    return (
        _("Several accounts match. Enter the whole name or the code.")
        if count
        else _("No account has that name or code.")
    )
