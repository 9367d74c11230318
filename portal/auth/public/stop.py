"""The link in reminders and digests that stops them. GET shows a button and changes nothing, because programs that look
for dangerous links open each one. POST needs no session: mail programs send it (RFC 8058, one click)."""

from flask import Blueprint, render_template

from portal.core.errors import NotVisible
from portal.core.i18n import lazy
from portal.extensions import csrf
from portal.models import Topic
from portal.services.mail import events
from portal.services.mail.stops import stopping, tokens
from portal.web.security.guards import public

bp = Blueprint("stop", __name__, url_prefix="/stop")
TOPICS = {
    Topic.REMINDERS: lazy("Reminders of codes that were not redeemed and of licences that end"),
    Topic.DIGEST: lazy("The daily summary"),
}


@bp.get("/<token>")
@public
def show(token):
    message = tokens.message_of(token)
    if message is None:
        raise NotVisible()
    topic = events.named(message.event).topic
    is_done = stopping.is_stopped(message.recipient_key, topic)
    return render_template("auth/stop.html", token=token, address=message.recipient, what=TOPICS[topic], done=is_done)


@bp.post("/<token>")
@csrf.exempt
@public
def stop(token):
    """The token is the right to do it, and nothing else can be done with it."""
    message = stopping.stop(token)
    what = TOPICS[events.named(message.event).topic]
    return render_template("auth/stop.html", token=token, address=message.recipient, what=what, done=True)
