"""A person's link to the feed of the calendar: the page that makes and revokes it, and the feed itself.

The feed knows nobody but by the token in its address. Whose it is, and what that person may see, is asked at each
fetch.
"""

from flask import Blueprint, flash, redirect, render_template
from flask_login import current_user

from portal.core.i18n import gettext as _
from portal.display.calendars import feed
from portal.models import Right
from portal.services.calendars import feeds
from portal.web.forms.action_forms import ActForm
from portal.web.security import sessions
from portal.web.security.guards import asks_password, public, requires
from portal.web.urls import url_for

bp = Blueprint("calendar", __name__, url_prefix="/calendar")


@bp.get("")
@requires(Right.SEE_ASSETS)
def show():
    return _page()


@bp.post("/links")
@requires(Right.SEE_ASSETS)
@asks_password
def make():
    """The link is in this answer only. It outlives the session, so a stolen session must not be enough."""
    form = ActForm()
    if not form.carry_out(feeds.make, sessions.viewer()):
        return _page(), form.status
    return _page(url_for("auth.calendar.fetch", token=form.result, _external=True))


@bp.post("/revocations")
@requires(Right.SEE_ASSETS)
def revoke():
    if feeds.revoke(sessions.viewer()):
        flash(_("The calendar link is revoked. Programs that use it find nothing any more."), "positive")
    else:
        flash(_("There was no calendar link to revoke."), "caution")
    return redirect(url_for("auth.calendar.show"), 303)


@bp.get("/<token>.ics")
@public
def fetch(token):
    return feed.answer(feeds.owner_of(token, address=sessions.client_address()))


def _page(address: str | None = None) -> str:
    return render_template(
        "auth/calendar.html", link=feeds.of(sessions.viewer()), address=address, most=feed.MOST, person=current_user
    )
