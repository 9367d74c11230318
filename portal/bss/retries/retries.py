"""Tools > Retries: preview, progress and receipt of bulk retries."""

from flask import Blueprint, flash, render_template, request
from flask_login import current_user

from portal.bss.bulk_lists import bulk_list_screens as screens
from portal.bss.retries import retry_wording
from portal.bss.retries.retry_forms import StartForm, prepare, prepare_again
from portal.bss.retries.retry_receipt import receipt
from portal.core.i18n import gettext as _
from portal.models import Retry, Right
from portal.services import bulk_lists, bulk_retries
from portal.services.bulk_lists import bulk_list_page
from portal.services.bulk_retries import RETRIES, retry_page
from portal.services.bulk_retries.under_way import under_way
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_page
from portal.web.security.guards import asks_password, is_ticked, requires

bp = Blueprint("retries", __name__, url_prefix="/tools/retries")


@bp.get("")
@requires(Right.SEE_TOOLS)
def index():
    return render_template("bss/retries/index.html", **screens.of_index(RETRIES, retry_wording))


@bp.post("/new")
@requires(Right.PROVISION)
def new():
    return screens.new(prepare, retry_wording)


@bp.get("/<int:retry_id>")
@requires(Right.SEE_TOOLS)
def show(retry_id):
    retry = bulk_list_page.of(RETRIES, retry_id)
    if request.args.get("format") == "csv":
        return receipt(retry)
    return _page(retry)


@bp.post("/<int:retry_id>/starts")
@requires(Right.PROVISION)
@asks_password(when=is_ticked("imported"))
def start(retry_id):
    retry, form = bulk_list_page.of(RETRIES, retry_id), StartForm()
    if form.validate_on_submit() and form.carry_out(bulk_retries.start, retry, **form.values(current_user)):
        return screens.to(retry, retry_wording)
    return _after(retry_id, form), form.status


@bp.post("/<int:retry_id>/stops")
@requires(Right.PROVISION)
def stop(retry_id):
    retry, form = bulk_list_page.of(RETRIES, retry_id), ActForm()
    if form.carry_out(bulk_lists.stop, RETRIES, retry, by=current_user):
        flash(_("Stopped. What was started continues. Nothing else is started."), "positive")
        return screens.to(retry, retry_wording)
    return _after(retry_id, form), 409


@bp.post("/<int:retry_id>/retries")
@requires(Right.PROVISION)
def again(retry_id):
    retry, form = bulk_list_page.of(RETRIES, retry_id), ActForm()
    if form.carry_out(prepare_again, retry, request.form, by=current_user):
        return screens.to(form.result, retry_wording)
    return _after(retry_id, form), 409


def _after(retry_id: int, form: ActForm) -> str:
    """Returns the retry's current state, with the refusal or the field errors."""
    screens.flash_refusal(form)
    return _page(bulk_list_page.of(RETRIES, retry_id), form if isinstance(form, StartForm) else None)


def _page(retry: Retry, form: StartForm | None = None) -> str:
    preview = retry_page.preview(retry) if retry.is_prepared else None
    own = {
        "credited": retry_page.credited(retry),
        "retry": retry,
        "form": preview and (form or StartForm.of(retry)).over(preview),
        "preview": preview,
        "others": under_way(retry) if preview else [],
        "first": retry_page.first_requested(retry) if retry.has_canary and not retry.is_prepared else None,
    }
    shared = screens.of_list(RETRIES, retry, retry_wording)
    return render_page("bss/retries/show.html", block="retry", **shared, **own)
