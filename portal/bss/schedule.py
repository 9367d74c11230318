"""Tools > Schedule: what runs without anybody pressing, and how its last run went."""

from flask import Blueprint

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Right
from portal.services import recurring_tasks
from portal.services.recurring_tasks.standing import Standing
from portal.web.pages.fragments import render_page
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("schedule", __name__, url_prefix="/tools/schedule")

_COMPARISON = ("bss.reconciliation.show", "run_id")
RUNS = {
    "nightly-comparison": _COMPARISON,
    "hourly-comparison": _COMPARISON,
    "invoice-run": ("bss.invoice_runs.show", "run_id"),
}
"""The page of one run, by task, and the name of its argument."""
PAGES = {
    "nightly-comparison": "bss.reconciliation.index",
    "hourly-comparison": "bss.reconciliation.index",
    "comparison-start": "bss.reconciliation.index",
    "invoice-run": "bss.invoice_runs.index",
    "mail": "bss.outbox.index",
    "watchdog": "bss.alerts.index",
}
LATE = ("failed", "warning", lazy("Late"))
OFF = ("draft", "close", lazy("Off"))
RUNNING = ("synchronizing", "synchronizing", lazy("Under way"))
FAILED = ("review", "warning", lazy("Did not succeed"))
DONE = ("synchronized", "synchronized", lazy("Done"))
NEVER = ("draft", "clock", lazy("Has not run yet"))


@bp.get("")
@requires(Right.SEE_TOOLS)
def index():
    standings = recurring_tasks.standings()
    return render_page(
        "bss/schedule/index.html",
        block="article",
        standings=standings,
        late=[standing for standing in standings if standing.is_late],
        badge=badge,
        run_address=run_address,
        duration=duration,
        pages=PAGES,
    )


def badge(standing: Standing) -> tuple[str, str, str]:
    """The variant, the icon and the text of how it stands."""
    if standing.off:
        return OFF
    if standing.is_late:
        return LATE
    if standing.is_running:
        return RUNNING
    if standing.last is None:
        return NEVER
    return FAILED if standing.last.fault else DONE


def run_address(standing: Standing) -> str | None:
    """Where the last run is told in full."""
    if standing.last is None or standing.last.subject_id is None:
        return None
    endpoint, argument = RUNS[standing.task.key]
    return url_for(endpoint, **{argument: standing.last.subject_id})


def duration(standing: Standing) -> str | None:
    """How long the last run took; None if nobody needs to know."""
    last = standing.last
    seconds = 0 if last is None or last.ended_at is None else round((last.ended_at - last.started_at).total_seconds())
    if seconds < 1:
        return None
    if seconds < 60:
        return _("Took %(n)s s", n=seconds)
    return _("Took %(n)s min", n=round(seconds / 60))
