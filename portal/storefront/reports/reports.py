"""Reports: what the own account bought and was billed. A partner's customer, which is not billed, sees its licences."""

from flask import Blueprint, render_template, request
from flask_login import current_user

from portal.core import access
from portal.display.reports import report_files
from portal.display.reports.licences_page import LicencesPage
from portal.display.reports.report_page import ReportPage
from portal.models import Right
from portal.web.security.guards import requires

bp = Blueprint("reports", __name__, url_prefix="/reports")


@bp.get("")
@requires(Right.SEE_REPORTS)
def index():
    if not access.may_see_prices(current_user):
        page = LicencesPage(current_user, request.args, "storefront.reports.index")
        return render_template("storefront/reports/licences.html", page=page)
    page = ReportPage(current_user, request.args, "storefront.reports.index")
    return report_files.answer(page) or render_template("storefront/reports/index.html", page=page)
