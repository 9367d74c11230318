"""Setup > BitTitan: the connection as it stands, no secrets; beside the sandbox, its faults as switches."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import SelectField

from portal.extensions import settings
from portal.models import Right
from portal.services import fault_dial
from portal.services.errors import NotVisible
from portal.web.acts import ActForm
from portal.web.fragments import render_page
from portal.web.guards import requires

bp = Blueprint("bittitan", __name__, url_prefix="/setup/bittitan")


class FaultForm(ActForm):
    fault = SelectField(choices=fault_dial.NAMES)

    def stays(self) -> bool:
        return "stays" in request.form


@bp.get("")
@requires(Right.CONFIGURE)
def show():
    return _page()


@bp.post("/faults")
@requires(Right.CONFIGURE)
def fault():
    _check_sandbox()
    form = FaultForm()
    if not form.validate_on_submit():
        return _page(), 422
    form.carry_out(fault_dial.switch_on, form.fault.data, stays=form.stays(), by=current_user)
    return _done(form, _("Until it is switched off, calls meet it.") if form.stays() else _("The next call meets it."))


@bp.post("/faults/ends")
@requires(Right.CONFIGURE)
def calm():
    _check_sandbox()
    form = ActForm()
    form.carry_out(fault_dial.switch_all_off, by=current_user)
    return _done(form, _("All faults are switched off."))


def _check_sandbox() -> None:
    """Beside a real server these addresses do not exist."""
    if not settings().uses_sandbox:
        raise NotVisible()


def _done(form: ActForm, sentence: str):
    if form.refusal is None:
        flash(sentence, "positive")
        return redirect(url_for(".show", _anchor="faults"), code=303)
    flash(form.refusal.message, "caution")
    return _page(), 409


def _page() -> str:
    server, uses_sandbox = settings().bittitan, settings().uses_sandbox
    dial = fault_dial.read() if uses_sandbox else None
    return render_page("bss/bittitan/show.html", block="page", server=server, uses_sandbox=uses_sandbox, dial=dial)
