"""Tools > Bulk changes: preview, progress and receipt of an act on many assets."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user

from portal.bss.bulk import bulk_wording
from portal.bss.bulk.bulk_forms import BulkForm, form_of, prepare
from portal.bss.bulk.bulk_receipt import receipt
from portal.bss.selection import list_of
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.models import BulkKind, BulkOperation, Right
from portal.services import bulk_operations
from portal.services.bulk_operations import bulk_page
from portal.services.bulk_operations.bulk_items import Outcome
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_page
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("bulk", __name__, url_prefix="/tools/bulk-changes")


@bp.get("")
@requires(Right.SEE_TOOLS)
def index():
    rows, older = bulk_page.newest(row_id(request.args.get("before")))
    return render_template("bss/bulk/index.html", rows=rows, older=older, words=bulk_wording)


@bp.post("/<act>/new")
@requires(Right.PROVISION)
def new(act):
    if act not in [kind.value for kind in BulkKind]:
        raise NotVisible()
    form = ActForm()
    if form.carry_out(prepare, BulkKind(act), request.form, by=current_user):
        return _to(form.result)
    flash(form.refusal.message, "caution")
    return redirect(list_of(request.form, current_user), code=303)


@bp.get("/<int:operation_id>")
@requires(Right.SEE_TOOLS)
def show(operation_id):
    operation = bulk_page.of(operation_id)
    if request.args.get("format") == "csv":
        return receipt(operation)
    return _page(operation)


@bp.post("/<int:operation_id>/starts")
@requires(Right.PROVISION)
def start(operation_id):
    """Without the pressed button of the preview nothing is begun: what was typed is only previewed."""
    operation = bulk_page.of(operation_id)
    form = form_of(operation, is_sent=True)
    if form.validate_on_submit() and form.carry_out(_start, operation, form):
        return _to(operation)
    return _after(operation_id, form), form.status


@bp.post("/<int:operation_id>/stops")
@requires(Right.PROVISION)
def stop(operation_id):
    form = ActForm()
    if form.carry_out(bulk_operations.stop, bulk_page.of(operation_id), by=current_user):
        flash(_("Stopped. What was done stays. Nothing else is changed."), "positive")
        return redirect(url_for(".show", operation_id=operation_id), code=303)
    return _after(operation_id, form), 409


def _start(operation: BulkOperation, form: BulkForm) -> None:
    if form.wants_start and form.was_previewed(operation):
        bulk_operations.start(operation, **form.values(current_user))
        return
    bulk_operations.choose(operation, form.choices(), version=form.seen_version())
    if form.wants_start:
        flash(_("Look at what changes first, then press again."), "caution")


def _to(operation: BulkOperation):
    return redirect(url_for(".show", operation_id=operation.id), code=303)


def _after(operation_id: int, form: ActForm) -> str:
    """Returns the operation's current state, with the refusal or the field errors."""
    if form.refusal:
        flash(form.refusal.message, "caution")
    return _page(bulk_page.of(operation_id), form if isinstance(form, BulkForm) else None)


def _page(operation: BulkOperation, form: BulkForm | None = None) -> str:
    text = request.args.get("outcome", "")
    wanted = Outcome(text) if text in list(Outcome) else None
    after = row_id(request.args.get("after"))
    preview = bulk_page.preview(operation) if operation.is_prepared else None
    context = {
        "operation": operation,
        "form": preview and (form or form_of(operation)).over(preview),
        "words": bulk_wording,
        "counts": bulk_page.counts(operation),
        "wanted": wanted,
        "receipt": bulk_page.receipt(operation, wanted, after),
        "here": url_for(".show", operation_id=operation.id, outcome=wanted, after=after),
        "preview": preview,
    }
    return render_page("bss/bulk/show.html", block="bulk", **context)
