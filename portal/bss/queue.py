"""The work queue: what waits, and for whom."""

from flask import render_template
from flask_babel import gettext as _
from flask_login import current_user

from portal.bss.area import area
from portal.models import Right, SyncStatus
from portal.services import queue
from portal.web.guards import requires
from portal.web.tiles import tiles


@area.get("/")
@requires(Right.SEE_ASSETS)
def index():
    numbers = queue.numbers(current_user)
    groups = [
        (_("Needs review"), "review", queue.newest(current_user, SyncStatus.REVIEW) if numbers.review else []),
        (_("Failed, newest first"), "failed", queue.newest(current_user, SyncStatus.FAILED) if numbers.failed else []),
    ]
    return render_template("bss/index.html", queue=numbers, tiles=tiles(numbers), groups=groups, alerts=queue.alerts())
