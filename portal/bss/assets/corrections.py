"""Corrects the code of an asset that was recorded without verification: replaces or withdraws it."""

from flask import render_template
from flask_login import current_user

from portal.bss.assets.asset_forms import AttachForm, ReasonForm
from portal.bss.assets.asset_page import page
from portal.bss.assets.assets import bp
from portal.bss.assets.provisioning import FOLLOW
from portal.core import access
from portal.core.i18n import gettext as _
from portal.display import request_page
from portal.models import Asset, RequestKind, Right, SyncStatus, VendorRequest
from portal.services import assets, vendor_requests
from portal.services.assets import corrections
from portal.services.coupons.attachments import CodeCheck
from portal.web.security.guards import requires


@bp.route("/<int:asset_id>/replacements", methods=["GET", "POST"])
@requires(Right.PROVISION)
def replace(asset_id):
    """First BitTitan checks the new code and the page shows both codes; then the new code replaces the old one.

    `checked` and `replaced` show the results.
    """
    asset = access.visible_asset(current_user, asset_id)
    form = AttachForm.of(asset)
    if not form.validate_on_submit() or not form.carry_out(assets.entered_code, form.code.data, by=current_user):
        return _page(asset, replace=form), 422 if form.is_submitted() else 200
    if form.is_confirmed():
        return request_page.begin(FOLLOW, RequestKind.REPLACE_CODE, asset.id, form, form.values(current_user))
    values = {"code": form.code.data, "version": form.seen_version()}
    return request_page.begin(FOLLOW, RequestKind.CHECK_REPLACEMENT, asset.id, form, values)


def checked(vendor_request: VendorRequest):
    asset = access.visible_asset(current_user, vendor_request.subject_id)
    form = AttachForm.as_typed(vendor_request)
    if form.carry_out(vendor_requests.outcome, vendor_request):
        return _page(asset, replace=form, check=form.result), 200 if form.result.can_be_recorded else 422
    return _refused(asset.id, replace=form)


def replaced(vendor_request: VendorRequest):
    form = AttachForm.as_typed(vendor_request)
    if form.carry_out(vendor_requests.outcome, vendor_request):
        text = _("The code was replaced. The old one stays on record and belongs to no asset.")
        return page.done(vendor_request.subject_id, form, text)
    return _refused(vendor_request.subject_id, replace=form)


@bp.route("/<int:asset_id>/withdrawals", methods=["GET", "POST"])
@requires(Right.PROVISION)
def withdraw(asset_id):
    asset = access.visible_asset(current_user, asset_id)
    form = ReasonForm.of(asset)
    if not form.validate_on_submit():
        return _page(asset, withdraw=form), 422 if form.is_submitted() else 200
    if form.carry_out(corrections.withdraw, asset, **form.values(current_user)):
        return page.done(asset_id, form, _sentence(form.result))
    return _refused(asset_id, withdraw=form)


def _sentence(status: SyncStatus) -> str:
    if status is SyncStatus.FAILED:
        return _("The code is withdrawn. Nothing was bought for this asset, so it can be synchronized again.")
    return _("The code is withdrawn. It is not known what was bought for this asset. Decide that in the review.")


def _refused(asset_id: int, **forms: ReasonForm):
    """Returns the page with the asset's current state and the user's input."""
    refusal = next(form.refusal for form in forms.values())
    return _page(access.visible_asset(current_user, asset_id), **forms), 409 if refusal else 422


def _page(
    asset: Asset, *, replace: AttachForm | None = None, withdraw: ReasonForm | None = None,
    check: CodeCheck | None = None,
) -> str:  # fmt: skip
    forms = {"replace": replace or AttachForm.blank(), "withdraw": withdraw or ReasonForm.blank()}
    for prefix, form in forms.items():
        form.version.data = str(asset.version)
        for field in form:
            field.id = f"{prefix}-{field.name}"
    refusal = forms["replace"].refusal or forms["withdraw"].refusal
    return render_template("bss/assets/correct.html", asset=asset, check=check, refusal=refusal, **forms)
