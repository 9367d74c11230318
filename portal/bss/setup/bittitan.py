"""Setup > BitTitan: shows the connection without secrets; tests it, connects again, releases after a restore, and
switches the sandbox's faults.
"""

from flask import Blueprint, flash, redirect, request
from flask_login import current_user
from wtforms import BooleanField, SelectField, TextAreaField

from portal.bss.setup.trial_wording import kinds, steps
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display import request_page
from portal.models import RequestKind, Right, VendorRequest
from portal.services import catalog, connection, credentials, vendor_requests, vendor_settings
from portal.services.connection import sandbox_faults
from portal.services.connection.trial import Trial
from portal.services.restore_guard import freeze
from portal.web.forms import Text, strip
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_page
from portal.web.security.guards import asks_password, requires
from portal.web.urls import url_for

bp = Blueprint("bittitan", __name__, url_prefix="/setup/bittitan")


class ReleaseForm(ActForm):
    reason = TextAreaField(lazy("Reason"), filters=[strip], validators=[Text(500, empty=lazy("Give a reason."))])
    unsearched = BooleanField(lazy("I compared BitTitan’s own list with the assets; it cannot be searched from here"))


class FaultForm(ActForm):
    fault = SelectField(choices=sandbox_faults.NAMES)

    def stays(self) -> bool:
        return "stays" in request.form


@bp.get("")
@requires(Right.CONFIGURE)
def show():
    return _page(ReleaseForm())


@bp.post("/sign-ins")
@requires(Right.CONFIGURE)
def connect():
    return request_page.begin("bss.requests.show", RequestKind.CONNECT, 0, ActForm(), {})


def connected(vendor_request: VendorRequest):
    """Shows the result of `connect`."""
    form = ActForm.as_typed(vendor_request)
    if form.carry_out(vendor_requests.outcome, vendor_request):
        flash(
            _("Signed in. Waiting purchases continue, and each process signs in again."),
            "positive",
        )
    return _connected(form)


@bp.post("/tests")
@requires(Right.CONFIGURE)
def test():
    """Of what is used now; what somebody types is tested where it is typed."""
    return request_page.begin("bss.requests.show", RequestKind.TEST_CONNECTION, 0, ActForm(), {})


def tested(vendor_request: VendorRequest):
    """Shows the result of `test`."""
    form = ActForm.as_typed(vendor_request)
    if not form.carry_out(vendor_requests.outcome, vendor_request):
        return _connected(form)
    return _page(ReleaseForm(formdata=None), trial=form.result)


@bp.post("/releases")
@requires(Right.CONFIGURE)
@asks_password
def release():
    form = ReleaseForm()
    if not form.validate():
        return _page(form), 422
    values = {"reason": form.reason.data, "unsearched": form.unsearched.data}
    if form.carry_out(freeze.release, by=current_user, **values):
        flash(_("Released. Held purchases continue."), "positive")
    elif form.refusal is None:
        return _page(form), 422
    return _connected(form)


@bp.post("/faults")
@requires(Right.CONFIGURE)
def fault():
    _check_sandbox()
    form = FaultForm()
    if not form.validate_on_submit():
        return _page(ReleaseForm(formdata=None)), 422
    form.carry_out(sandbox_faults.switch_on, form.fault.data, stays=form.stays(), by=current_user)
    return _fault_switched(
        form, _("It affects all calls until it is switched off.") if form.stays() else _("It affects the next call.")
    )


@bp.post("/faults/ends")
@requires(Right.CONFIGURE)
def calm():
    _check_sandbox()
    form = ActForm()
    form.carry_out(sandbox_faults.switch_all_off, by=current_user)
    return _fault_switched(form, _("All faults are switched off."))


def _check_sandbox() -> None:
    """Raises NotVisible unless the portal is connected to the sandbox."""
    if not vendor_settings.uses_sandbox():
        raise NotVisible()


def _connected(form: ActForm):
    if form.refusal is not None:
        flash(form.refusal.message, "caution")
    return redirect(url_for("bss.bittitan.show"), code=303)


def _fault_switched(form: ActForm, sentence: str):
    if form.refusal is None:
        flash(sentence, "positive")
        return redirect(url_for(".show", _anchor="faults"), code=303)
    flash(form.refusal.message, "caution")
    return _page(ReleaseForm(formdata=None)), 409


def _page(form: ReleaseForm, trial: Trial | None = None) -> str:
    row, uses_sandbox = connection.row(), vendor_settings.uses_sandbox()
    return render_page(
        "bss/setup/bittitan/show.html",
        block="page",
        server=vendor_settings.current(),
        kind=kinds()[vendor_settings.current().server],
        sources=vendor_settings.sources(row),
        secret=credentials.find(credentials.BITTITAN_PASSWORD),
        uses_sandbox=uses_sandbox,
        connection=row,
        types=catalog.product_types(),
        trial=trial,
        steps=steps(trial) if trial else [],
        progress=freeze.progress(row) if row.frozen_at else None,
        dial=sandbox_faults.read() if uses_sandbox else None,
        form=form,
        is_submitted=request.endpoint == "bss.bittitan.release",
    )
