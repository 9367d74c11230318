"""The work queue: what waits for a person, and the page of each cause."""

from flask import render_template, request
from flask_login import current_user

from portal.bss.area import area
from portal.bss.inbox.cause_page import CausePage
from portal.bss.inbox.inbox_page import queue_page
from portal.display.reports.month_panel import MonthPanel
from portal.models import Right
from portal.web.pages.fragments import render_page
from portal.web.security.guards import requires


@area.get("/")
@requires(Right.SEE_ASSETS)
def index():
    month = MonthPanel(current_user, request.args.get("month"))
    return render_page("bss/index.html", block="queue", month=month, **queue_page(current_user))


@area.get("/queue/<cause>")
@requires(Right.SEE_ASSETS)
def group(cause):
    return render_template("bss/inbox/show.html", page=CausePage(current_user, cause))
