"""Tools > Alerts: what staff must know about, and who has seen it."""

from flask import Blueprint, flash, redirect, request
from flask_login import current_user
from wtforms import HiddenField

from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.models import Right
from portal.services import alerts
from portal.web.forms import Form
from portal.web.pages.fragments import render_page, wants_fragment
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("alerts", __name__, url_prefix="/tools/alerts")
SHOWN = {"unseen": False, "seen": True, "all": None}


class SeeAllForm(Form):
    up_to = HiddenField()
    """The newest alert on the page; later ones were not seen."""

    def seen_up_to(self) -> int:
        text = self.up_to.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@bp.get("")
@requires(Right.SEE_TOOLS)
def index():
    return _list(request.args.get("show"), request.args.get("before", type=int))


@bp.post("/<int:alert_id>/sightings")
@requires(Right.USE_TOOLS)
def see(alert_id):
    alerts.acknowledge(alert_id, by=current_user)
    return _done(_("Marked as seen."))


@bp.post("/sightings")
@requires(Right.USE_TOOLS)
def see_all():
    count = alerts.acknowledge_all(SeeAllForm().seen_up_to(), by=current_user)
    return _done(ngettext("%(num)s alert is marked as seen.", "%(num)s alerts are marked as seen.", count))


def _done(sentence: str):
    flash(sentence, "positive")
    return _list("unseen", None) if wants_fragment() else redirect(url_for(".index"), code=303)


def _list(show: str | None, before: int | None) -> str:
    show = show if show in SHOWN else "unseen"
    rows, older = alerts.page(SHOWN[show], before)
    newest = alerts.newest_open()
    return render_page("bss/alerts/index.html", block="list", rows=rows, older=older, show=show, newest=newest)
