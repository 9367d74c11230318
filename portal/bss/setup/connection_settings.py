"""Setup > BitTitan > Edit: the server and the sign-in. A worker tests them, and only then they are used."""

from dataclasses import asdict

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user

from portal.bss.setup.connection_form import ConnectionForm
from portal.bss.setup.trial_wording import steps
from portal.core.errors import StaleVersion
from portal.core.i18n import gettext as _
from portal.display import request_page
from portal.models import RequestKind, Right, VendorRequest
from portal.services import connection, credentials, vendor_requests, vendor_settings
from portal.services.connection import changes
from portal.services.connection.trial import Trial
from portal.web.security import sessions
from portal.web.security.guards import asks_password, requires
from portal.web.urls import url_for

bp = Blueprint("connection", __name__, url_prefix="/setup/bittitan/settings")


@bp.route("", methods=["GET", "POST"])
@requires(Right.CONFIGURE)
def edit():
    """A POST asks a worker to test what was typed, or to test and save it."""
    may_edit = sessions.is_fresh() and credentials.can_store()
    return _begin() if request.method == "POST" and may_edit else _page(_form())


@bp.post("/confirmations")
@requires(Right.CONFIGURE)
@asks_password
def confirm():
    """Asks for the person's own password beforehand: the one for BitTitan is not carried over that page."""
    return redirect(url_for(".edit"), code=303)


def _begin():
    form, is_save = _form(), request.form.get("act") == "save"
    if not form.validate():
        return _again(form)
    if not is_save and form.seen_version() != connection.row().settings_version:
        form.refusal = StaleVersion(_("Somebody else changed the connection meanwhile. Look at it, then test again."))
        return _again(form)
    typed, is_confirmed = form.typed(vendor_settings.current(), current_user), form.is_confirmed.data
    if not form.carry_out(changes.check, typed, is_confirmed=is_confirmed or not is_save):
        return _again(form)
    values = asdict(typed)
    if is_save:
        values |= {"version": form.seen_version(), "is_confirmed": is_confirmed}
    kind = RequestKind.SAVE_CONNECTION if is_save else RequestKind.TEST_CONNECTION
    return request_page.begin("bss.requests.show", kind, 0, form, values)


def tried(vendor_request: VendorRequest):
    """Shows the result of `edit`."""
    form = _form(vendor_request)
    is_carried_out = form.carry_out(vendor_requests.outcome, vendor_request)
    trial: Trial | None = form.result
    is_save = vendor_request.kind is RequestKind.SAVE_CONNECTION
    if is_carried_out and is_save and (trial is None or trial.is_saved):
        flash(_("Saved. Each process uses it from its next request on."), "positive")
        return redirect(url_for("bss.bittitan.show"), code=303)
    return _page(form, trial, is_save=is_save), _status(form, is_carried_out)


def _again(form: ConnectionForm):
    form.ask_password_again()
    return _page(form), 409 if form.refusal else 422


def _status(form: ConnectionForm, is_carried_out: bool) -> int:
    return 200 if is_carried_out else 409 if form.refusal else 422


def _form(vendor_request: VendorRequest | None = None) -> ConnectionForm:
    return ConnectionForm.of(vendor_settings.current(), connection.row().settings_version, vendor_request)


def _page(form: ConnectionForm, trial: Trial | None = None, *, is_save: bool = False) -> str:
    row = connection.row()
    form.carry_over(row.settings_version)
    return render_template(
        "bss/setup/bittitan/edit.html",
        form=form,
        server=vendor_settings.current(),
        differences=form.differences(vendor_settings.current()),
        sources=vendor_settings.sources(row),
        connection=row,
        secret=credentials.find(credentials.BITTITAN_PASSWORD),
        can_store=credentials.can_store(),
        is_fresh=sessions.is_fresh(),
        open_sends=changes.count_open_sends(),
        trial=trial,
        steps=steps(trial) if trial else [],
        is_save=is_save,
    )
