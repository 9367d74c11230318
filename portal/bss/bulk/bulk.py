"""Tools > Bulk changes: preview, progress and receipt of an act on many assets."""

from functools import partial

from flask import Blueprint, flash, render_template, request
from flask_login import current_user

from portal.bss.bulk import bulk_wording
from portal.bss.bulk.bulk_forms import BulkForm, form_of, prepare
from portal.bss.bulk.bulk_receipt import receipt
from portal.bss.bulk_lists import bulk_list_screens as screens
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.models import BulkKind, BulkOperation, Right
from portal.services import bulk_lists, bulk_operations
from portal.services.bulk_lists import bulk_list_page
from portal.services.bulk_operations import OPERATIONS, bulk_page
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_page
from portal.web.security.guards import requires

bp = Blueprint("bulk", __name__, url_prefix="/tools/bulk-changes")


@bp.get("")
@requires(Right.SEE_TOOLS)
def index():
    return render_template("bss/bulk/index.html", **screens.of_index(OPERATIONS, bulk_wording))


@bp.post("/<act>/new")
@requires(Right.PROVISION)
def new(act):
    if act not in [kind.value for kind in BulkKind]:
        raise NotVisible()
    return screens.new(partial(prepare, BulkKind(act)), bulk_wording)


@bp.get("/<int:operation_id>")
@requires(Right.SEE_TOOLS)
def show(operation_id):
    operation = bulk_list_page.of(OPERATIONS, operation_id)
    if request.args.get("format") == "csv":
        return receipt(operation)
    return _page(operation)


@bp.post("/<int:operation_id>/starts")
@requires(Right.PROVISION)
def start(operation_id):
    """Without the pressed button of the preview nothing is begun: what was typed is only previewed."""
    operation = bulk_list_page.of(OPERATIONS, operation_id)
    form = form_of(operation, is_sent=True)
    if form.validate_on_submit() and form.carry_out(_start, operation, form):
        return screens.to(operation, bulk_wording)
    return _after(operation_id, form), form.status


@bp.post("/<int:operation_id>/stops")
@requires(Right.PROVISION)
def stop(operation_id):
    operation, form = bulk_list_page.of(OPERATIONS, operation_id), ActForm()
    if form.carry_out(bulk_lists.stop, OPERATIONS, operation, by=current_user):
        flash(_("Stopped. What was done stays. Nothing else is changed."), "positive")
        return screens.to(operation, bulk_wording)
    return _after(operation_id, form), 409


def _start(operation: BulkOperation, form: BulkForm) -> None:
    if form.wants_start and form.was_previewed(operation):
        bulk_operations.start(operation, **form.values(current_user))
        return
    bulk_operations.choose(operation, form.choices(), version=form.seen_version())
    if form.wants_start:
        flash(_("Look at what changes first, then press again."), "caution")


def _after(operation_id: int, form: ActForm) -> str:
    """Returns the operation's current state, with the refusal or the field errors."""
    screens.flash_refusal(form)
    return _page(bulk_list_page.of(OPERATIONS, operation_id), form if isinstance(form, BulkForm) else None)


def _page(operation: BulkOperation, form: BulkForm | None = None) -> str:
    preview = bulk_page.preview(operation) if operation.is_prepared else None
    own = {
        "operation": operation,
        "form": preview and (form or form_of(operation)).over(preview),
        "preview": preview,
    }
    shared = screens.of_list(OPERATIONS, operation, bulk_wording)
    return render_page("bss/bulk/show.html", block="bulk", **shared, **own)
