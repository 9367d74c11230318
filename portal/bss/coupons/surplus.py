"""Tools > Surplus coupons: coupons that BitTitan issued and no asset holds. They are never deleted."""

from flask import Blueprint, flash, redirect, request
from flask_login import current_user

from portal.bss.coupons.surplus_forms import AttachSurplusForm, RevokeForm
from portal.core import access
from portal.core.i18n import gettext as _
from portal.display import request_page
from portal.display.lists import surplus_columns
from portal.display.lists.columns import shown
from portal.models import Coupon, RequestKind, Right, VendorRequest
from portal.services import vendor_requests
from portal.services.coupons import revocations, surplus
from portal.services.coupons.surplus import Part
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_page
from portal.web.security import sessions
from portal.web.security.guards import asks_password, requires
from portal.web.urls import url_for

bp = Blueprint("surplus", __name__, url_prefix="/tools/surplus")


@bp.get("")
@requires(Right.SEE_TOOLS)
def index():
    part = next((part for part in Part if part.value == request.args.get("show")), Part.OPEN)
    asset_id = request.args.get("asset", type=int)
    part = Part.ALL if asset_id and "show" not in request.args else part
    rows, older = surplus.page(current_user, part, request.args.get("before", type=int), of_asset=asset_id)
    columns = shown(surplus_columns.COLUMNS, current_user)
    context = {"rows": rows, "older": older, "part": part, "asset_id": asset_id, "columns": columns}
    return render_page("bss/coupons/index.html", block="list", **context)


@bp.get("/<int:coupon_id>")
@requires(Right.SEE_TOOLS)
def show(coupon_id):
    return _page(access.surplus_coupon(current_user, coupon_id))


@bp.post("/<int:coupon_id>/assets")
@requires(Right.PROVISION)
def attach(coupon_id):
    coupon = access.surplus_coupon(current_user, coupon_id)
    form = AttachSurplusForm.among(surplus.fitting_assets(current_user, coupon))
    if not form.validate_on_submit():
        return _page(coupon, give=form), 422
    return request_page.begin("bss.requests.show", RequestKind.GIVE_COUPON, coupon.id, form, form.values(current_user))


def given(vendor_request: VendorRequest):
    """Shows the result of `attach`."""
    coupon = access.surplus_coupon(current_user, vendor_request.subject_id)
    form = AttachSurplusForm.among(surplus.fitting_assets(current_user, coupon), vendor_request)
    form.carry_out(vendor_requests.outcome, vendor_request)
    number = coupon.asset.number if coupon.asset else ""
    return _done(coupon.id, form, _("The coupon is recorded with %(number)s now.", number=number), give=form)


@bp.post("/<int:coupon_id>/revocations")
@requires(Right.PROVISION)
def revoke(coupon_id):
    coupon, form = access.surplus_coupon(current_user, coupon_id), RevokeForm()
    if not form.validate_on_submit():
        return _page(coupon, revoke=form), 422
    form.carry_out(revocations.request_revocation, coupon, **form.values(current_user))
    return _done(coupon_id, form, _("BitTitan is being asked to revoke the coupon. This page shows the answer."))


@bp.post("/<int:coupon_id>/reveals")
@requires(Right.REVEAL_CODES)
@asks_password(when=sessions.shows_too_many)
def reveal(coupon_id):
    coupon = access.surplus_coupon(current_user, coupon_id)
    return _page(coupon, code=surplus.reveal(coupon, by=current_user))


@bp.post("/<int:coupon_id>/hides")
@requires(Right.REVEAL_CODES)
def hide(coupon_id):
    return redirect(url_for(".show", coupon_id=access.surplus_coupon(current_user, coupon_id).id), code=303)


def _done(coupon_id: int, form: ActForm, sentence: str, **forms: ActForm):
    """Shows the sentence, or why it was refused."""
    if form.refusal is None:
        flash(sentence, "positive")
        return redirect(url_for("bss.surplus.show", coupon_id=coupon_id), code=303)
    flash(form.refusal.message, "caution")
    return _page(access.surplus_coupon(current_user, coupon_id), **forms), 409


def _page(
    coupon: Coupon, *, give: AttachSurplusForm | None = None, revoke: RevokeForm | None = None, code: str | None = None
) -> str:
    can_move = surplus.may_be_moved(coupon)
    give = give or AttachSurplusForm.among(surplus.fitting_assets(current_user, coupon) if can_move else [])
    return render_page(
        "bss/coupons/show.html",
        block="article",
        coupon=coupon,
        code=code,
        story=surplus.history(coupon),
        give=give.apart("give"),
        revoke=(revoke or RevokeForm()).apart("revoke"),
        can_move=can_move,
        owner=surplus.assets_in_need(coupon),
    )
