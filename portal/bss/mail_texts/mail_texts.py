"""Setup > Mail texts: each text of a mail, written by the distributor or built in, with a preview and its history."""

from flask import Blueprint, Response, flash, redirect, request
from flask_login import current_user

from portal.bss.mail_texts import fault_words, field_words
from portal.bss.mail_texts.mail_text_form import MailTextForm, ResetForm
from portal.bss.mail_texts.mail_text_page import TextPage, list_rows
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.models import Right
from portal.services.mail.texts import versions
from portal.web.pages.fragments import render_page
from portal.web.security.guards import requires
from portal.web.security.headers import POLICY_OF_MAILS
from portal.web.urls import url_for

bp = Blueprint("mail_texts", __name__, url_prefix="/setup/mail-texts")


@bp.get("")
@requires(Right.CONFIGURE)
def index():
    return render_page("bss/mail_texts/index.html", block="page", rows=list_rows(), words=field_words)


@bp.route("/<event>/<language>", methods=["GET", "POST"])
@requires(Right.CONFIGURE)
def edit(event, language):
    """`from`: the number of an earlier version, to begin with."""
    page = TextPage(event, language)
    form = MailTextForm.over(page, page.version(request.args["from"]) if "from" in request.args else None)
    if form.is_to_be_saved() and form.carry_out(versions.save, page.event, language, **form.values(current_user)):
        sentence = _("Saved. Mails that are written from now on have it.") if form.result else _("Nothing was changed.")
        flash(sentence, "positive" if form.result else "message")
        return redirect(url_for(".edit", event=event, language=language), code=303)
    return _page(page, form), form.status


@bp.post("/<event>/<language>/previews")
@requires(Right.CONFIGURE)
def preview(event, language):
    """The HTML part of what was typed. It may use its own styles, and nothing else."""
    page = TextPage(event, language)
    form = MailTextForm.over(page)
    is_right, values = form.is_right(), form.values_shown(current_user)
    if not is_right or form.asset.errors:
        return _page(page, form), form.status
    answer = Response(page.preview(form.texts, values).html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = POLICY_OF_MAILS
    return answer


@bp.post("/<event>/<language>/resets")
@requires(Right.CONFIGURE)
def reset(event, language):
    page, form = TextPage(event, language), ResetForm()
    is_right = form.validate_on_submit()
    if form.seen_version() != page.number:
        form.refusal = versions.moved()
    seen = {"version": form.seen_version(), "by": current_user}
    if is_right and not form.refusal and form.carry_out(versions.reset, page.event, language, **seen):
        flash(_("Mails have the built-in text again."), "positive")
        return redirect(url_for(".edit", event=event, language=language), code=303)
    page = page.anew()
    return _page(page, MailTextForm.over(page), form), 409 if form.refusal else 422


@bp.get("/<event>/<language>/versions/<int:number>")
@requires(Right.CONFIGURE)
def version(event, language, number):
    page = TextPage(event, language)
    row = versions.one(page.event, language, number)
    sides = page.beside(row)
    return render_page("bss/mail_texts/version.html", block="page", page=page, row=row, sides=sides)


def _page(page: TextPage, form: MailTextForm, resetting: ResetForm | None = None) -> str:
    if form.refusal:
        page = page.anew()
        form.show_over(page)
    rows, older = page.history(row_id(request.args.get("before")))
    values = form.values_shown(current_user)
    shown = None if form.faults or form.asset.errors else page.preview(form.texts, values)
    return render_page(
        "bss/mail_texts/edit.html", block="page", page=page, form=form, resetting=resetting or ResetForm(formdata=None),
        values=values, shown=shown, history=rows, older=older, words=field_words, fault_words=fault_words,
    )  # fmt: skip
