"""The forms in which a person decides about one difference: one for each act that is offered."""

from typing import Self

from flask import request
from wtforms import HiddenField, StringField, TextAreaField

from portal.bss.assets.asset_forms import LONGEST_REASON, plain_lines, state_field
from portal.core.i18n import lazy as _
from portal.display.lists.list_address import row_id
from portal.models import ConfirmedState, FindingAct
from portal.services.reconciliation.applying.choosing import Decision
from portal.services.reconciliation.viewing.present import CurrentFinding
from portal.web.forms import Text, one_line
from portal.web.forms.action_forms import ActForm

Act = FindingAct
CASE = "case"
LONGEST_CASE = 40


def reason(label: str = _("Reason"), *, empty: str | None = _("Enter a reason.")) -> TextAreaField:
    return TextAreaField(label, filters=[plain_lines], validators=[Text(LONGEST_REASON, empty=empty)])


class DecisionForm(ActForm):
    """`version` is the difference's, `seen` the asset's, as the person saw them. `asks` says which form it is; only its
    pressed button decides."""

    asks = HiddenField()
    seen = HiddenField()
    target = HiddenField()

    @property
    def is_pressed(self) -> bool:
        return bool(self.asks.data) and request.form.get("act") == self.asks.data

    @property
    def status(self) -> int:
        return 409 if self.refusal else 422 if self.errors else 200

    @property
    def act(self) -> FindingAct:
        return Act.SET_ASIDE if self.asks.data == CASE else Act(self.asks.data)

    @property
    def target_id(self) -> int | None:
        return row_id(self.target.data)

    def decision(self) -> Decision:
        typed = {name: self[name].data or "" for name in ("why", "case_number") if name in self}
        state = ConfirmedState(self.confirmed_as.data) if "confirmed_as" in self else None
        return Decision(self.act, target_id=self.target_id, confirmed_as=state, **typed)

    def seen_asset(self) -> int | None:
        return self.seen_version(self.seen) if self.seen.data else None

    def over(self, row: CurrentFinding, asks: str) -> Self:
        """Fits it to the state that is shown. Ids are unique, because several share a page."""
        self.asks.data, self.version.data = asks, str(row.finding.version)
        self.seen.data = str(row.asset.version) if row.asset is not None else ""
        is_chosen = row.asset is not None and row.asset.id != row.finding.asset_id
        self.target.data = str(row.asset.id) if is_chosen else ""
        for field in self:
            field.id = f"{asks}-{field.name}"
        return self


class ReasonForm(DecisionForm):
    why = reason()


class ConfirmForm(DecisionForm):
    confirmed_as = state_field()
    why = reason(_("How it is known"), empty=_("Enter how it is known."))


class CaseForm(DecisionForm):
    case_number = StringField(
        _("Case number"),
        filters=[one_line],
        validators=[Text(LONGEST_CASE, empty=_("Enter the number that BitTitan gave the case."))],
    )
    why = reason(_("Note (optional)"), empty=None)


FORMS: dict[str, type[DecisionForm]] = {
    Act.RECORD.value: DecisionForm,
    Act.ATTACH.value: ReasonForm,
    Act.RETRY.value: DecisionForm,
    Act.CONFIRM.value: ConfirmForm,
    Act.CORRECT.value: ReasonForm,
    Act.WITHDRAW.value: ReasonForm,
    Act.SET_ASIDE.value: ReasonForm,
    CASE: CaseForm,
}


def sent() -> DecisionForm:
    """As it was sent. What names no act decides nothing."""
    return FORMS.get(request.form.get("asks", ""), DecisionForm)()
