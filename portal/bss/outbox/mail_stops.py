"""Tools > Outbox > Stopped mails: addresses whose readers stopped mails, and starting them again."""

from flask import Blueprint, flash, redirect
from flask_login import current_user
from wtforms import StringField

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Right, Topic
from portal.services.mail.stops import stopping
from portal.web.forms import Text, one_line
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_page
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("mail_stops", __name__, url_prefix="/tools/stopped-mails")
TOPICS = {Topic.REMINDERS: lazy("Reminders"), Topic.DIGEST: lazy("Daily summary")}


class UndoForm(ActForm):
    reason = StringField(
        lazy("Why"),
        filters=[one_line],
        validators=[Text(stopping.LONGEST_REASON, empty=lazy("Say why; it stays on record."))],
    )


@bp.get("")
@requires(Right.SEE_TOOLS)
def index():
    return _page()


@bp.post("/<int:stop_id>/undoings")
@requires(Right.USE_TOOLS)
def undo(stop_id):
    form = UndoForm()
    if form.validate_on_submit():
        stopping.undo(stop_id, reason=form.reason.data, by=current_user)
        flash(_("The address gets these mails again."), "positive")
        return redirect(url_for("bss.mail_stops.index"), code=303)
    return _page(form, stop_id), 422


def _page(sent: UndoForm | None = None, stop_id: int | None = None) -> str:
    return render_page("bss/outbox/stops.html", block="article", stops=stopping.newest(), forms=_form_of(sent, stop_id),
                       topics=TOPICS, most=stopping.MOST)  # fmt: skip


def _form_of(sent: UndoForm | None, stop_id: int | None):
    """The form beside each row."""

    def form_of(row_id: int) -> UndoForm:
        form = sent if sent is not None and row_id == stop_id else UndoForm(formdata=None)
        form.reason.id = f"reason-{row_id}"
        return form

    return form_of
