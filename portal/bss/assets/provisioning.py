"""The actions that change an asset's sync status: synchronize again, attach a code, attest, cancel."""

from flask import render_template
from flask_login import current_user

from portal.bss.assets import credit_warning, reviews
from portal.bss.assets.asset_forms import AttachForm, ReasonForm, SyncForm
from portal.bss.assets.asset_page import page
from portal.bss.assets.assets import bp
from portal.core import access
from portal.core.errors import Credited
from portal.core.i18n import gettext as _
from portal.display import connection_status, request_page
from portal.models import Asset, RequestKind, Right, VendorRequest
from portal.services import assets, credit_drafts, provisioning, vendor_requests
from portal.services.coupons.attachments import CodeCheck
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import wants_fragment
from portal.web.security.guards import asks_password, is_ticked, requires

FOLLOW = "bss.requests.show"


@bp.route("/<int:asset_id>/syncs", methods=["GET", "POST"])
@requires(Right.PROVISION)
@asks_password(when=is_ticked("not_bought"))
def sync(asset_id):
    """For an imported asset the page first asks whether it was bought before; what was credited as not delivered is
    named first, too. For others one click is enough."""
    asset = access.visible_asset(current_user, asset_id)
    form = SyncForm.of(asset)
    if form.is_submitted():
        form.carry_out(provisioning.request, asset, credits_seen=credit_warning.seen(), **form.values(current_user))
        if isinstance(form.refusal, Credited):
            return _warn_of_credit(asset, form)
    if not form.is_submitted() or (form.not_bought.errors and not wants_fragment()):
        status = 422 if form.is_submitted() else 200
        asset = access.visible_asset(current_user, asset_id)
        return _syncing(asset, form), status
    return page.done(asset_id, form, connection_status.asking())


def _syncing(asset: Asset, form: SyncForm) -> str:
    return render_template("bss/assets/sync.html", asset=asset, form=form, credits=credit_warning.notes_of(asset))


def _warn_of_credit(asset: Asset, form: SyncForm):
    """Nothing is sent. A badge leads to the page that asks."""
    if not wants_fragment():
        return _syncing(asset, form), 409
    credit_warning.say(
        asset, credit_warning.notes_of(asset), _("Nothing was sent; open it to synchronize it nevertheless.")
    )
    return page.fresh(asset.id, 409)


@bp.route("/<int:asset_id>/codes", methods=["GET", "POST"])
@requires(Right.PROVISION)
def attach(asset_id):
    """First BitTitan checks the code, then the code is recorded. Both ask BitTitan; `checked` and `attached` show the
    results."""
    asset = access.visible_asset(current_user, asset_id)
    form = AttachForm.of(asset)
    if not form.validate_on_submit() or not form.carry_out(assets.entered_code, form.code.data, by=current_user):
        return _attaching(asset, form)
    if form.is_confirmed():
        return request_page.begin(FOLLOW, RequestKind.ATTACH_CODE, asset.id, form, form.values(current_user))
    return request_page.begin(FOLLOW, RequestKind.CHECK_CODE, asset.id, form, {"code": form.code.data})


def checked(vendor_request: VendorRequest):
    asset = access.visible_asset(current_user, vendor_request.subject_id)
    form = AttachForm.as_typed(vendor_request)
    form.carry_out(vendor_requests.outcome, vendor_request)
    return reviews.after_refusal(asset.id, attach=form) if form.refusal else _attaching(asset, form, form.result)


def attached(vendor_request: VendorRequest):
    asset = access.visible_asset(current_user, vendor_request.subject_id)
    form = AttachForm.as_typed(vendor_request)
    if form.carry_out(vendor_requests.outcome, vendor_request) or (form.refusal and not asset.may_attest):
        return page.done(asset.id, form, _("The code is recorded. Nothing was bought for it."))
    return reviews.after_refusal(asset.id, attach=form) if form.refusal else _attaching(asset, form)


@bp.route("/<int:asset_id>/attestations", methods=["GET", "POST"])
@requires(Right.PROVISION)
@asks_password
def attest(asset_id):
    asset = access.visible_asset(current_user, asset_id)
    form = ReasonForm.of(asset)
    if form.validate_on_submit() and form.carry_out(assets.attest, asset, **form.values(current_user)):
        return page.done(asset_id, form, _sentence_of_attest(moved=form.result))
    if form.refusal:
        return reviews.after_refusal(asset_id, attest=form)
    return reviews.page(asset, attest=form), 422 if form.is_submitted() else 200


@bp.route("/<int:asset_id>/cancellations", methods=["GET", "POST"])
@requires(Right.PROVISION)
def cancel(asset_id):
    asset = access.visible_asset(current_user, asset_id)
    form = ReasonForm.of(asset)
    if form.validate_on_submit() and _ended(form.carry_out(assets.cancel, asset, **form.values(current_user)), form):
        return page.done(asset_id, form, _sentence_of_cancel(asset))
    billed = credit_drafts.billed_line(asset.id) if current_user.may(Right.SEE_INVOICES) else None
    page_of_it = render_template("bss/assets/cancel.html", asset=asset, form=form, billed=billed)
    return page_of_it, 422 if form.is_submitted() else 200


def _sentence_of_attest(*, moved: int) -> str:
    if not moved:
        return _("Recorded in your name: BitTitan issued no coupon. The asset can be synchronized again.")
    return _("Recorded. BitTitan’s coupon is in the surplus register. Revoke it there.")


def _sentence_of_cancel(asset: Asset) -> str:
    if not asset.is_active:
        return _("The asset is cancelled.")
    return _("BitTitan is being asked to revoke the coupon. The asset stays active until BitTitan has revoked it.")


def _ended(was_done: bool, form: ActForm) -> bool:
    """Whether it was done or is no longer possible. Otherwise a field is invalid."""
    return was_done or form.refusal is not None


def _attaching(asset: Asset, form: AttachForm, check: CodeCheck | None = None):
    """Returns the page: first only the form, then also BitTitan's answer beside the asset's current state."""
    form.version.data = str(asset.version)
    status = 200 if not form.is_submitted() or (check and check.can_be_recorded) else 422
    if asset.may_attest:
        return reviews.page(asset, attach=form, check=check), status
    return render_template("bss/assets/attach.html", asset=asset, form=form, check=check), status
