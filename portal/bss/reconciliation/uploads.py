"""A list of coupons from a file: uploaded, read as a person says, then compared."""

from flask import flash, redirect, render_template
from flask_login import current_user

from portal.bss.reconciliation.area import bp
from portal.bss.reconciliation.scope_form import CompareForm
from portal.bss.reconciliation.upload_forms import FileForm, ReadingForm
from portal.core.i18n import gettext as _
from portal.models import CouponUpload, Right
from portal.services.imports.coupon_lists import preview, uploads
from portal.services.imports.import_file import WRITINGS
from portal.web.forms.action_forms import ActForm
from portal.web.security.guards import requires
from portal.web.security.request_limits import takes_files
from portal.web.urls import url_for


@bp.route("/uploads", methods=["GET", "POST"])
@requires(Right.USE_TOOLS)
@takes_files(uploads.MOST_BYTES, Right.USE_TOOLS)
def upload():
    form = FileForm()
    if form.validate_on_submit() and form.carry_out(uploads.receive, **form.values(current_user)):
        return _to(form.result)
    page = render_template("bss/reconciliation/file.html", form=form, most=uploads.MOST_BYTES, kept=uploads.KEPT)
    return page, 422 if form.is_submitted() else 200


@bp.get("/uploads/<int:upload_id>")
@requires(Right.USE_TOOLS)
def uploaded(upload_id):
    return _page(uploads.one(current_user, upload_id))


@bp.post("/uploads/<int:upload_id>/readings")
@requires(Right.USE_TOOLS)
def read_upload(upload_id):
    row = uploads.one(current_user, upload_id)
    form = ReadingForm.of(row)
    if form.validate_on_submit() and form.carry_out(uploads.read_again, row, **form.values(current_user)):
        return _to(row)
    return _refused(upload_id, form, reading=form)


@bp.post("/uploads/<int:upload_id>/runs")
@requires(Right.USE_TOOLS)
def compare_upload(upload_id):
    row, form = uploads.one(current_user, upload_id), CompareForm()
    values = {"version": form.seen_version(), "is_whole": form.is_whole.data == "yes", "by": current_user}
    if form.validate_on_submit() and form.carry_out(uploads.compare, row, scoped=form.scoped, **values):
        flash(_("Started. This page is updated while it goes on; you can close it."), "positive")
        return redirect(url_for(".show", run_id=form.result.id), code=303)
    return _refused(upload_id, form, comparing=form)


@bp.post("/uploads/<int:upload_id>/deletions")
@requires(Right.USE_TOOLS)
def discard_upload(upload_id):
    row, form = uploads.one(current_user, upload_id), ActForm()
    if form.carry_out(uploads.discard, row, version=form.seen_version(), by=current_user):
        flash(_("The file is deleted. Nothing was changed by it."), "positive")
        return redirect(url_for(".index"), code=303)
    return _refused(upload_id, form)


def _to(row: CouponUpload):
    return redirect(url_for(".uploaded", upload_id=row.id), code=303)


def _refused(upload_id: int, form: ActForm, **forms: ActForm):
    """How it is read now, with the refusal."""
    if form.refusal:
        flash(form.refusal.message, "caution")
        return _page(uploads.one(current_user, upload_id)), 409
    return _page(uploads.one(current_user, upload_id), **forms), 422


def _page(row: CouponUpload, reading: ReadingForm | None = None, comparing: CompareForm | None = None) -> str:
    return render_template(
        "bss/reconciliation/upload.html",
        upload=row,
        seen=row.preview,
        left_out=preview.left_out(row.preview),
        reading=reading or ReadingForm.of(row, formdata=None),
        form=comparing or CompareForm(formdata=None, data={"version": str(row.version)}),
        before=uploads.compared_before(row),
        remembered=uploads.remembered_from(row),
        kept=uploads.KEPT,
        written_in=WRITINGS.get(row.preview.get("encoding")),
    )
