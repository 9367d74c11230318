"""Billing > Calendar: when codes and licences of the own tree run out."""

from flask import Blueprint, render_template, request

from portal.display.calendars.month_page import MonthPage
from portal.models import Right
from portal.web.security.guards import requires
from portal.web.security.sessions import viewer

bp = Blueprint("calendar", __name__, url_prefix="/billing/calendar")


@bp.get("")
@requires(Right.SEE_ASSETS)
def index():
    return render_template("calendars/month.html", page=MonthPage(viewer(), request.args, "storefront"))
