"""Asks BitTitan now what became of an asset's code; and a person confirms it where BitTitan does not list it."""

from flask import redirect, render_template
from flask_login import current_user

from portal.bss.assets.asset_forms import ReasonForm, reason_field, state_field
from portal.bss.assets.asset_page import page
from portal.bss.assets.assets import bp
from portal.core import access
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.models import Asset, ConfirmedState, RequestKind, Right, User, VendorRequest
from portal.services import status_checks, vendor_requests
from portal.services.assets import confirmed_states
from portal.web.forms.action_forms import ActForm
from portal.web.security.guards import requires
from portal.web.urls import url_for


class StateForm(ReasonForm):
    state = state_field()
    reason = reason_field()

    def values(self, by: User) -> dict:
        return super().values(by) | {"state": ConfirmedState(self.state.data)}


@bp.post("/<int:asset_id>/status-checks")
@requires(Right.PROVISION)
def check_status(asset_id):
    """A worker asks. The page shows that it is under way, and works without a script."""
    asset, form = access.visible_asset(current_user, asset_id), ActForm()
    if form.carry_out(_request, asset):
        return redirect(url_for(".status_check", asset_id=asset.id, request_id=form.result), code=303)
    return page.done(asset_id, form, "")


@bp.get("/<int:asset_id>/status-checks/<int:request_id>")
@requires(Right.PROVISION)
def status_check(asset_id, request_id):
    asset = access.visible_asset(current_user, asset_id)
    vendor_request = vendor_requests.own_request(current_user, request_id, frozenset({RequestKind.CHECK_STATUS}))
    if vendor_request.subject_id != asset.id:
        raise NotVisible()
    return page.article(asset, asking=vendor_request if vendor_request.is_open else None)


@bp.route("/<int:asset_id>/confirmed-states", methods=["GET", "POST"])
@requires(Right.PROVISION)
def confirm_state(asset_id):
    asset = access.visible_asset(current_user, asset_id)
    form = StateForm.of(asset)
    if form.validate_on_submit() and _ended(form, asset):
        return page.done(asset_id, form, _("Recorded in your name. What BitTitan says later overrules it."))
    return render_template("bss/assets/confirm_state.html", asset=asset, form=form), 422 if form.is_submitted() else 200


def checked(vendor_request: VendorRequest):
    """What the page of any request shows when it has ended."""
    return redirect(url_for("bss.assets.show", asset_id=vendor_request.subject_id), code=303)


def _request(asset: Asset) -> int:
    arguments = {"by": current_user, "values": {}, "form": {}, "check": status_checks.check_may_ask}
    return vendor_requests.create_request(RequestKind.CHECK_STATUS, asset.id, **arguments)


def _ended(form: StateForm, asset: Asset) -> bool:
    """Whether it was done or is no longer possible. Otherwise a field is invalid."""
    return form.carry_out(confirmed_states.confirm, asset, **form.values(current_user)) or form.refusal is not None
