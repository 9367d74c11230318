"""Setup > Company: what invoices say about the seller, the tax codes, and what is missing before the first invoice."""

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask_login import current_user

from portal.bss.setup.company_form import CompanyForm
from portal.bss.setup.setup_wording import CATEGORIES, change_words, field_text, rate_text
from portal.core import clock
from portal.core.i18n import gettext as _
from portal.display.account_status import flash_unprintable
from portal.display.lists.list_address import row_id
from portal.models import Right
from portal.services import company
from portal.services.company import company_rules, fonts, logos, readiness
from portal.services.tax import languages, printing, tax_codes, vat_ids
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("company", __name__, url_prefix="/setup/company")
LATEST = 8
"""Changes on the page."""


@bp.route("", methods=["GET", "POST"])
@requires(Right.SEE_COMPANY, to_change=Right.CONFIGURE)
def edit():
    form = _form()
    if form.is_to_be_saved() and form.carry_out(_save, form):
        flash(_("Saved.") if form.result else _("Nothing was changed."), "positive" if form.result else "message")
        flash_unprintable(printing.unprintable_of_company(company.row()))
        return redirect(url_for(".edit"), code=303)
    return _page(form), form.status


@bp.get("/logo")
@requires(Right.SEE_COMPANY)
def logo():
    kept = logos.current()
    return Response(kept.content, mimetype=kept.kind)


@bp.get("/changes")
@requires(Right.SEE_COMPANY)
def changes():
    rows, older = company.changes(row_id(request.args.get("before")), 50)
    return render_template("bss/setup/company/changes.html", rows=rows, older=older, change_words=change_words)


def _save(form: CompanyForm) -> bool:
    return company.save(**form.values(current_user), logo=form.logo_change())


def _form() -> CompanyForm:
    row = company.row()
    return CompanyForm.of(row, languages.offered(row.terms))


def _page(form: CompanyForm) -> str:
    row, codes = company.row(), tax_codes.all_codes()
    rows, older = company.changes(None, LATEST)
    may_edit = current_user.may(Right.CONFIGURE)
    return render_template(
        "bss/setup/company/edit.html" if may_edit else "bss/setup/company/show.html",
        form=form,
        may_edit=may_edit,
        field_text=field_text,
        company=row,
        tax_codes=codes,
        missing=readiness.missing(row, [code for code in codes if not code.is_retired]),
        has_issued=company.has_issued(),
        fonts=fonts.fonts(),
        today=clock.today(),
        is_plausible=row.vat_id and vat_ids.is_plausible(row.vat_id, row.country),
        contrast=row.colour and company_rules.contrast(row.colour),
        most_bytes=logos.MOST_BYTES,
        categories=CATEGORIES,
        rate_text=rate_text,
        changes=rows,
        has_more_changes=older is not None,
        change_words=change_words,
    )
