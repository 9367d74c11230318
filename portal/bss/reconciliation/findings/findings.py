"""One difference: both sides in full, what can be done about it, and who decided what."""

from flask import flash, redirect, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.bss.reconciliation.area import bp
from portal.bss.reconciliation.findings import finding_forms, finding_page
from portal.core.errors import StaleVersion
from portal.core.i18n import gettext as _
from portal.display.lists import list_search
from portal.models import FindingAct, Right
from portal.services.reconciliation.applying import choosing, offers
from portal.web.security.guards import requires


@bp.get("/findings/<int:finding_id>")
@requires(Right.SEE_TOOLS)
def finding(finding_id):
    return finding_page.render(*finding_page.read(finding_id, finding_page.chosen_target()))


@bp.post("/findings/<int:finding_id>/decisions")
@requires(Right.PROVISION)
def decide(finding_id):
    """Without the pressed button nothing is decided: what was typed is only checked."""
    form = finding_forms.sent()
    run, row = finding_page.read(finding_id, form.target_id)
    values = {"version": form.seen_version(), "by": current_user, "seen_asset": form.seen_asset()}
    if not form.validate_on_submit():
        return finding_page.render(run, row, form), 422
    if not form.is_pressed:
        form.carry_out(_check, row.finding, form.seen_version())
    elif form.carry_out(choosing.choose, row.finding, form.decision(), **values):
        flash(_sentence(form.act), "positive")
        return redirect(finding_page.href(finding_id), code=303)
    run, row = finding_page.read(finding_id, form.target_id)
    return finding_page.render(run, row, form), form.status


@bp.post("/findings/<int:finding_id>/searches")
@requires(Right.PROVISION)
def search_asset(finding_id):
    finding_page.read(finding_id, None)
    return list_search.answer(
        current_user, request.form, address_of=lambda kept: _address(finding_id, kept)
    )  # fmt: skip


def _address(finding_id: int, kept: MultiDict) -> str:
    return finding_page.href(finding_id, **{finding_page.SEARCHED: kept.get("q") or None})


def _check(row, version: int) -> None:
    if row.version != version:
        raise StaleVersion(choosing.present_state(row))
    flash(_("Nothing is changed yet. Press the button of what is to be done."), "caution")


def _sentence(act: FindingAct) -> str:
    if act is FindingAct.SET_ASIDE:
        return _("Set aside. It comes back if one of the two sides changes.")
    if act in offers.AT_ONCE:
        return _("Confirmed. The code stays on record.")
    return _("Decided. It is being carried out; this page shows what becomes of it.")
