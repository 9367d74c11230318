"""The form that confirms an act for the rows of one kind: a tick, a reason where one is needed, one button."""

from typing import Self

from flask import request
from wtforms import BooleanField, HiddenField
from wtforms.validators import ValidationError

from portal.bss.assets.asset_forms import state_field
from portal.bss.reconciliation.findings import finding_forms
from portal.core.i18n import lazy as _
from portal.models import ConfirmedState, FindingAct, FindingKind
from portal.services.reconciliation.applying import offers
from portal.services.reconciliation.applying.choosing import Decision
from portal.web.forms.action_forms import ActForm

Act, Kind = FindingAct, FindingKind


class ApplyForm(ActForm):
    asks = HiddenField()
    """The kind and the act."""
    sure = BooleanField()

    def validate_sure(self, field) -> None:
        if not field.data:
            raise ValidationError(_("Look at both sides, then tick this."))

    @property
    def is_pressed(self) -> bool:
        return bool(self.asks.data) and request.form.get("act") == self.asks.data

    def decision(self, act: FindingAct, target_id: int | None = None) -> Decision:
        why = (self.why.data or "") if "why" in self else ""
        state = ConfirmedState(self.confirmed_as.data) if "confirmed_as" in self else None
        return Decision(act, why, target_id=target_id, confirmed_as=state)

    def of(self, asks: str) -> Self:
        self.asks.data = asks
        for field in self:
            field.id = f"{asks}-{field.name}"
        return self


class ReasonedForm(ApplyForm):
    why = finding_forms.reason()


class ConfirmForm(ApplyForm):
    confirmed_as = state_field()
    why = finding_forms.reason(_("How it is known"), empty=_("Enter how it is known."))


def form_for(act: FindingAct) -> type[ApplyForm]:
    if act is Act.CONFIRM:
        return ConfirmForm
    return ApplyForm if act in offers.WITHOUT_REASON else ReasonedForm


def name_of(kind: FindingKind, act: FindingAct) -> str:
    return f"{kind.value}.{act.value}"


def asked() -> tuple[FindingKind, FindingAct] | None:
    """The kind and the act of the form that was sent."""
    kind, _dot, act = request.form.get("asks", "").partition(".")
    if kind not in [each.value for each in Kind] or act not in [each.value for each in Act]:
        return None
    return Kind(kind), Act(act)
