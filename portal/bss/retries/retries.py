"""Tools > Retries: preview, progress and receipt of bulk retries."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user

from portal.bss.retries import retry_wording
from portal.bss.retries.retry_forms import StartForm, prepare, prepare_again
from portal.bss.retries.retry_receipt import receipt
from portal.bss.selection import list_of
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.models import Retry, Right
from portal.services import bulk_retries
from portal.services.bulk_retries import retry_page
from portal.services.bulk_retries.retry_items import Outcome
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_page
from portal.web.security.guards import asks_password, is_ticked, requires
from portal.web.urls import url_for

bp = Blueprint("retries", __name__, url_prefix="/tools/retries")


@bp.get("")
@requires(Right.SEE_TOOLS)
def index():
    rows, older = retry_page.newest(row_id(request.args.get("before")))
    return render_template("bss/retries/index.html", rows=rows, older=older, words=retry_wording)


@bp.post("/new")
@requires(Right.PROVISION)
def new():
    form = ActForm()
    if form.carry_out(prepare, request.form, by=current_user):
        return _to(form.result)
    flash(form.refusal.message, "caution")
    return redirect(list_of(request.form, current_user), code=303)


@bp.get("/<int:retry_id>")
@requires(Right.SEE_TOOLS)
def show(retry_id):
    retry = retry_page.of(retry_id)
    if request.args.get("format") == "csv":
        return receipt(retry)
    return _page(retry)


@bp.post("/<int:retry_id>/starts")
@requires(Right.PROVISION)
@asks_password(when=is_ticked("imported"))
def start(retry_id):
    retry, form = retry_page.of(retry_id), StartForm()
    if form.validate_on_submit() and form.carry_out(bulk_retries.start, retry, **form.values(current_user)):
        return _to(retry)
    return _after(retry_id, form), form.status


@bp.post("/<int:retry_id>/stops")
@requires(Right.PROVISION)
def stop(retry_id):
    retry, form = retry_page.of(retry_id), ActForm()
    if form.carry_out(bulk_retries.stop, retry, by=current_user):
        flash(_("Stopped. What was started continues. Nothing else is started."), "positive")
        return _to(retry)
    return _after(retry_id, form), 409


@bp.post("/<int:retry_id>/retries")
@requires(Right.PROVISION)
def again(retry_id):
    retry, form = retry_page.of(retry_id), ActForm()
    if form.carry_out(prepare_again, retry, request.form, by=current_user):
        return _to(form.result)
    return _after(retry_id, form), 409


def _to(retry: Retry):
    return redirect(url_for(".show", retry_id=retry.id), code=303)


def _after(retry_id: int, form: ActForm) -> str:
    """Returns the retry's current state, with the refusal or the field errors."""
    if form.refusal:
        flash(form.refusal.message, "caution")
    return _page(retry_page.of(retry_id), form if isinstance(form, StartForm) else None)


def _page(retry: Retry, form: StartForm | None = None) -> str:
    text = request.args.get("outcome", "")
    wanted = Outcome(text) if text in list(Outcome) else None
    after = row_id(request.args.get("after"))
    preview = retry_page.preview(retry) if retry.is_prepared else None
    context = {
        "retry": retry,
        "form": preview and (form or StartForm.of(retry)).over(preview),
        "words": retry_wording,
        "counts": retry_page.counts(retry),
        "wanted": wanted,
        "receipt": retry_page.receipt(retry, wanted, after),
        "here": url_for(".show", retry_id=retry.id, outcome=wanted, after=after),
        "preview": preview,
        "first": retry_page.first_requested(retry) if retry.has_canary and not retry.is_prepared else None,
    }
    return render_page("bss/retries/show.html", block="retry", **context)
