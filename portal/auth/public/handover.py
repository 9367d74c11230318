"""The page of a hand-over link, for somebody without a user: asks for the PIN, then shows the licence and its code.

GET asks the database for nothing. So chat programs that fetch links open none, and a link that exists looks like one
that does not.
"""

from flask import Blueprint, Response, make_response, render_template, request
from wtforms import StringField

from portal.core.errors import TooMany
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display import layout
from portal.services.handovers import opening
from portal.services.handovers.code_status import CodeStatus
from portal.services.handovers.opening import Opened
from portal.web.errors import try_again
from portal.web.forms import Form, Text
from portal.web.security import sessions
from portal.web.security.guards import public

bp = Blueprint("handover", __name__, url_prefix="/handover")
WHY_NOT = {
    CodeStatus.NONE: lazy("The code cannot be shown at the moment. Ask whoever sent you the link."),
    CodeStatus.CHANGED: lazy(
        "These licences have another code since the link was made. Ask the sender for a new link."
    ),
    CodeStatus.CANCELLED: lazy("These licences were cancelled, so there is no code to redeem."),
    CodeStatus.REVOKED: lazy("The code was revoked, so it cannot be redeemed. Ask whoever sent you the link."),
    CodeStatus.REDEEMED: lazy("The code has been redeemed. It works only once."),
    CodeStatus.EXPIRED: lazy("The last day to redeem the code is over. Ask whoever sent you the link."),
}


def _joined(text: str | None) -> str | None:
    """As people write a PIN: in groups."""
    return "".join(text.split()).replace("-", "") if text else text


class PinForm(Form):
    pin = StringField(lazy("PIN"), filters=[_joined], validators=[Text(100, empty=lazy("Enter the PIN."))])


@bp.route("/<token>", methods=["GET", "POST"])
@public
def open(token):
    form = PinForm()
    if not form.validate_on_submit():
        return _ask(form, 422 if request.method == "POST" else 200)
    try:
        opened = opening.open_link(token, form.pin.data, address=sessions.client_address())
    except TooMany as refusal:
        answer = _ask(form, 429, try_again(refusal.seconds))
        answer.headers["Retry-After"] = str(refusal.seconds)
        return answer
    return _ask(form, 422, _refusal()) if opened is None else _shown(opened)


def _refusal() -> str:
    return _(
        "The code cannot be shown with this link and PIN. Check the PIN. If it is right, the link has expired, was "
        "revoked, or was closed after five wrong PINs: ask whoever sent it for a new one."
    )


def _ask(form: PinForm, status: int, sentence: str | None = None) -> Response:
    layout.name_sender(_("Licence portal"))
    form.pin.data = ""
    return _answer(render_template("auth/handover.html", form=form, sentence=sentence), status)


def _shown(opened: Opened) -> Response:
    layout.name_sender(opened.sender)
    why_not = WHY_NOT.get(opened.code_status)
    return _answer(render_template("auth/handed_over.html", opened=opened, asset=opened.asset, why_not=why_not), 200)


def _answer(html: str, status: int) -> Response:
    answer = make_response(html, status)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer
