"""Tools > Reconciliation: compares all coupons that BitTitan issued for us with the portal's records."""

from flask import flash, redirect, render_template, request
from flask_login import current_user

from portal.bss.reconciliation.area import bp
from portal.core import clock
from portal.core.i18n import gettext as _
from portal.display import request_page
from portal.models import RequestKind, Right, VendorRequest
from portal.services import vendor_requests
from portal.services.reconciliation import findings
from portal.services.reconciliation import runs as comparison_runs
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_page
from portal.web.security.guards import requires
from portal.web.urls import url_for


@bp.get("")
@requires(Right.SEE_TOOLS)
def index():
    return render_page("bss/reconciliation/index.html", block="article", **_context())


@bp.get("/history")
@requires(Right.SEE_TOOLS)
def runs():
    rows, older = comparison_runs.page(request.args.get("before", type=int))
    return render_template("bss/reconciliation/runs.html", rows=rows, older=older)


@bp.post("/runs")
@requires(Right.USE_TOOLS)
def start():
    form = ActForm()
    form.carry_out(comparison_runs.order_now, by=current_user)
    if form.refusal:
        flash(form.refusal.message, "caution")
        return render_page("bss/reconciliation/index.html", block="article", **_context()), 409
    flash(_("All coupons are being compared. This page is updated automatically."), "positive")
    return redirect(url_for(".index"), code=303)


@bp.post("/coupons/<uuid:bittitan_id>")
@requires(Right.PROVISION)
def keep(bittitan_id):
    findings.check_named(str(bittitan_id))
    return request_page.begin(
        "bss.requests.show", RequestKind.KEEP_COUPON, 0, ActForm(), {"bittitan_id": str(bittitan_id)}
    )


def kept(vendor_request: VendorRequest):
    """Shows the result of `keep`."""
    form = ActForm.as_typed(vendor_request)
    form.carry_out(vendor_requests.outcome, vendor_request)
    if form.refusal:
        flash(form.refusal.message, "caution")
    else:
        flash(_("The coupon is on record now."), "positive")
    return redirect(url_for("bss.reconciliation.index", _anchor="findings"), code=303)


def _context() -> dict:
    newest, last = comparison_runs.newest(), comparison_runs.last_complete()
    return {
        "newest": newest,
        "last": last,
        "kept": findings.kept(last),
        "is_waiting": comparison_runs.is_waiting(),
        "is_overdue": comparison_runs.is_overdue(clock.now()),
    }
