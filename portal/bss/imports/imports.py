"""Tools > Imports: upload a file, preview its effect, apply it, keep the receipt."""

from functools import partial

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user

from portal.bss.imports.import_forms import ApplyForm, CodesForm, ReadingForm, UploadForm, shown_of
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.core.paging import MAX_ID
from portal.models import Import, ImportState, Right, RowResult
from portal.services import downloads, imports
from portal.services.imports import attaching, import_rejects
from portal.services.imports.import_file import WRITINGS
from portal.services.lists import listed_asset
from portal.web.pages.downloads import csv_answer
from portal.web.pages.fragments import render_page
from portal.web.pages.polling import is_poll
from portal.web.security.guards import asks_password, requires
from portal.web.security.request_limits import takes_files
from portal.web.urls import url_for

bp = Blueprint("imports", __name__, url_prefix="/tools/imports")


@bp.route("", methods=["GET", "POST"])
@requires(Right.IMPORT)
@takes_files(imports.MOST_BYTES, Right.IMPORT)
def index():
    form = UploadForm()
    if form.validate_on_submit() and form.carry_out(imports.receive, **form.values(current_user)):
        return redirect(url_for(".show", import_id=form.result.id), code=303)
    rows, older = imports.page(request.args.get("before", type=_place))
    page = render_template("bss/imports/index.html", form=form, rows=rows, older=older, most=imports.MOST_BYTES)
    return page, 422 if form.is_submitted() else 200


@bp.route("/codes", methods=["GET", "POST"])
@requires(Right.IMPORT)
@takes_files(imports.MOST_BYTES, Right.IMPORT)
def codes():
    """Attaches codes to many assets: the lines become an import, which is previewed and applied like a file."""
    form = CodesForm()
    if form.validate_on_submit() and form.carry_out(_receive, form):
        return redirect(url_for(".show", import_id=form.result.id), code=303)
    return render_template("bss/imports/codes.html", form=form), 422 if form.is_submitted() else 200


@bp.get("/<int:import_id>")
@requires(Right.IMPORT)
def show(import_id):
    return _page(imports.one(import_id))


@bp.post("/<int:import_id>/readings")
@requires(Right.IMPORT)
def read_again(import_id):
    file = imports.one(import_id)
    form = ReadingForm.of(file)
    if form.validate_on_submit() and form.carry_out(imports.read_again, file, **form.values()):
        return redirect(url_for(".show", import_id=import_id), code=303)
    if form.refusal is not None:
        flash(form.refusal.message, "caution")
    return _page(imports.one(import_id), form), 409 if form.refusal else 422


@bp.post("/<int:import_id>/applications")
@requires(Right.IMPORT)
def apply(import_id):
    form = ApplyForm()
    form.carry_out(imports.ask_to_apply, imports.one(import_id), **form.values(current_user))
    if form.refusal is None:
        return redirect(url_for(".show", import_id=import_id), code=303)
    flash(form.refusal.message, "caution")
    return _page(imports.one(import_id)), 409


@bp.post("/<int:import_id>/rejects")
@requires(Right.IMPORT)
@asks_password
def rejects(import_id):
    """Uses POST, because the file may contain whole codes and the download is recorded."""
    file = imports.one(import_id)
    if not file.has_rejects:
        raise NotVisible()
    done = partial(imports.note_download, file, by=current_user)
    lines = import_rejects.lines(file)
    recorded = downloads.on_record(lines, done=done, subject="import", subject_id=file.id, by=current_user)
    return csv_answer(recorded, import_rejects.name_of(file))


@bp.post("/<int:import_id>/deletions")
@requires(Right.IMPORT)
def discard(import_id):
    form = ApplyForm()
    form.carry_out(imports.discard, imports.one(import_id))
    if form.refusal is None:
        flash(_("The file is discarded. Nothing of it is kept, and nothing was changed."), "positive")
        return redirect(url_for(".index"), code=303)
    flash(form.refusal.message, "caution")
    return _page(imports.one(import_id)), 409


def _receive(form: CodesForm) -> Import:
    return imports.receive(**form.values(current_user))


def _page(file: Import, reading: ReadingForm | None = None) -> str:
    shown = shown_of(file)
    lines, after = imports.findings(file, RowResult(shown), request.args.get("after", 0, type=_place))
    remarked, further = imports.remarked(file, request.args.get("further", 0, type=_place))
    attachable, onward = attaching.page(file, request.args.get("onward", 0, type=_place))
    failed = {asset.id: asset for asset in listed_asset.by_ids(current_user, [row.asset_id for row in attachable])}
    if is_poll() and file.state is ImportState.APPLIED:
        flash(_("The file is applied."), "positive")
    return render_page(
        "bss/imports/show.html", block="article", file=file, shown=shown, lines=lines, after=after, kept=imports.KEPT,
        written_in=WRITINGS.get(file.encoding), state=file.state.value, told=imports.told(file),
        reading=reading or ReadingForm.of(file), has_doubts=imports.has_doubts(file), remarked=remarked,
        further=further, attachable=attachable, onward=onward, failed=failed, attached=attaching.attached(file),
        confirmed=len(attaching.confirmed(file)) if attachable else 0,
    )  # fmt: skip


def _place(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 11 else 0
    if number > MAX_ID:
        raise ValueError
    return number
