"""Setup > BitTitan: the connection as it stands, no secrets; connecting again, and releasing after a restore."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy
from flask_login import current_user
from wtforms import BooleanField, TextAreaField

from portal.extensions import settings
from portal.models import Right
from portal.services import connecting, freezing, searching
from portal.web.acts import ActForm
from portal.web.forms import Text, strip
from portal.web.guards import requires

bp = Blueprint("bittitan", __name__, url_prefix="/setup/bittitan")


class ReleaseForm(ActForm):
    reason = TextAreaField(lazy("Reason"), filters=[strip], validators=[Text(500, empty=lazy("Give a reason."))])
    unsearched = BooleanField(lazy("I compared BitTitan’s own list with the assets; it cannot be searched from here"))


@bp.get("")
@requires(Right.CONFIGURE)
def show():
    return _page(ReleaseForm())


@bp.post("/sign-ins")
@requires(Right.CONFIGURE)
def connect():
    form = ActForm()
    if form.carry_out(connecting.connect, by=current_user):
        flash(_("Signed in. Purchases that waited for it go on."), "positive")
    return _done(form)


@bp.post("/releases")
@requires(Right.CONFIGURE)
def release():
    form = ReleaseForm()
    if not form.validate():
        return _page(form), 422
    values = {"reason": form.reason.data, "unsearched": form.unsearched.data}
    if form.carry_out(freezing.release, by=current_user, **values):
        flash(_("Released. Purchases that were held go on."), "positive")
    elif form.refusal is None:
        return _page(form), 422
    return _done(form)


def _done(form: ActForm):
    if form.refusal is not None:
        flash(form.refusal.message, "caution")
    return redirect(url_for("bss.bittitan.show"), code=303)


def _page(form: ReleaseForm):
    row = connecting.row()
    return render_template(
        "bss/bittitan/show.html",
        server=settings().bittitan,
        uses_sandbox=settings().uses_sandbox,
        connection=row,
        progress=freezing.progress(row) if row.frozen_at else None,
        strays=searching.strays(),
        form=form,
        is_submitted=request.method == "POST",
    )
