from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from portal.auth.forms import ChosenPassword
from portal.services.users import sign_in as service
from portal.web import frame, sessions
from portal.web.guards import public
from portal.web.navigation import start_page

bp = Blueprint("link", __name__, url_prefix="/links")


@bp.route("/<token>", methods=["GET", "POST"])
@public
def edit(token):
    """Opening it uses nothing up: mail programs open links by themselves."""
    request.environ["PATH_INFO"] = "/links/…"  # what the access log names afterwards: whoever has the link may come in
    frame.remember_brand(service.distributor_name())
    user, form = service.invited(token), ChosenPassword()
    if user is None:
        return render_template("auth/link_over.html"), 404
    if form.validate_on_submit() and form.carry_out(service.follow_link, token, new=form.new.data):
        return _welcome(form.result)
    status = 422 if request.method == "POST" else 200
    return render_template("auth/link.html", form=form, person=user), status


def _welcome(entered):
    if entered is None:
        return render_template("auth/link_over.html"), 404
    user, token = entered
    sessions.start(user, token)
    flash(_("Your password is set, and you are signed in."), "positive")
    return redirect(start_page(user), 303)
