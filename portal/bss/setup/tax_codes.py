"""Setup > Company > Tax codes."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user

from portal.bss.setup.setup_wording import change_words, field_text
from portal.bss.setup.tax_code_form import TaxCodeForm
from portal.core.i18n import gettext as _
from portal.models import Right, TaxCategory
from portal.services.tax import languages, tax_codes
from portal.web.forms.action_forms import ActForm
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("tax_codes", __name__, url_prefix="/setup/tax-codes")


@bp.route("/new", methods=["GET", "POST"])
@requires(Right.CONFIGURE)
def new():
    usual = {each.value: each for each in TaxCategory}.get(request.args.get("category", ""))
    form = TaxCodeForm.of(languages.offered(), usual=usual)
    if form.is_to_be_saved() and form.carry_out(tax_codes.create, **form.values(current_user)):
        flash(_("%(name)s is saved.", name=form.result.name), "positive")
        return redirect(url_for("bss.company.edit"), code=303)
    return render_template("bss/setup/tax_codes/new.html", form=form), form.status


@bp.route("/<int:tax_code_id>", methods=["GET", "POST"])
@requires(Right.SEE_COMPANY, to_change=Right.CONFIGURE)
def edit(tax_code_id):
    row = tax_codes.one(tax_code_id)
    form = TaxCodeForm.of(languages.offered(row.reasons), row)
    values = {"version": form.seen_version(), **(form.values(current_user) if form.is_submitted() else {})}
    if form.is_to_be_saved() and form.carry_out(tax_codes.save, row, **values):
        flash(_("Saved.") if form.result else _("Nothing was changed."), "positive" if form.result else "message")
        return redirect(url_for(".edit", tax_code_id=tax_code_id), code=303)
    return _page(tax_code_id, form), form.status


@bp.post("/<int:tax_code_id>/retirements")
@requires(Right.CONFIGURE)
def retire(tax_code_id):
    return _turn(tax_code_id, tax_codes.retire, _("It is retired. No account gets it from now on."))


@bp.post("/<int:tax_code_id>/restorations")
@requires(Right.CONFIGURE)
def use_again(tax_code_id):
    return _turn(tax_code_id, tax_codes.use_again, _("It is in use again."))


def _turn(tax_code_id: int, act, sentence: str):
    row, form = tax_codes.one(tax_code_id), ActForm()
    if not form.carry_out(act, row, version=form.seen_version(), by=current_user):
        flash(form.refusal.message, "caution")
        return _page(tax_code_id, TaxCodeForm.of(languages.offered(row.reasons), row, formdata=None)), 409
    flash(sentence, "positive")
    return redirect(url_for(".edit", tax_code_id=tax_code_id), code=303)


def _page(tax_code_id: int, form: TaxCodeForm) -> str:
    row = tax_codes.one(tax_code_id)
    may_edit = current_user.may(Right.CONFIGURE)
    return render_template(
        "bss/setup/tax_codes/edit.html" if may_edit else "bss/setup/tax_codes/show.html",
        tax_code=row, form=form, changes=tax_codes.changes(row, 50), has_more_changes=False,
        change_words=change_words, field_text=field_text,
    )  # fmt: skip
