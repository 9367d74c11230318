"""Billing > Reports: what was sold and invoiced."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_login import current_user

from portal.core.i18n import gettext as _
from portal.display.reports import report_files
from portal.display.reports.report_page import ReportPage
from portal.models import Right
from portal.services.reports import keeping
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("reports", __name__, url_prefix="/reports")


@bp.get("")
@requires(Right.SEE_REPORTS)
def index():
    page = ReportPage(current_user, request.args, "bss.reports.index")
    return report_files.answer(page) or render_template("bss/reports/index.html", page=page)


@bp.post("/recounts")
@requires(Right.INVOICE)
def recount():
    keeping.ask_recount(by=current_user)
    flash(_("Everything is being counted again. Load this page again in a moment."), "positive")
    return redirect(url_for("bss.reports.index"), code=303)
