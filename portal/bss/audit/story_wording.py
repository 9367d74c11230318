"""What the story of an asset says about attempts, requests to BitTitan, its answers, and comparisons."""

from portal.bss.audit.audit_rows import Line
from portal.bss.audit.audit_wording import process_name, via_text
from portal.core import audit
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.wording import finding_wording
from portal.display.wording.cause_wording import cause_sentence, cause_words
from portal.display.wording.code_status import CAUSES, RESULTS
from portal.display.wording.history_text import Change, attempt_look, attempt_story, exchange_outcome
from portal.models import Attempt, AttemptState, Exchange, ExchangeKind, Finding, Right, StatusCheck, Trigger, User
from portal.web.filters import number
from portal.web.urls import url_for

_REQUESTS = {
    ExchangeKind.SEND: lazy("Purchase sent"),
    ExchangeKind.LOOKUP: lazy("Looked up by reference"),
    ExchangeKind.CHECK: lazy("Code checked"),
}


def attempt(row: Attempt) -> Line:
    why = [attempt_story(row)]
    if row.cause and row.state is not AttemptState.SUCCEEDED:
        why.append(f"{cause_sentence(row)}.")
    if row.message:
        why.append(_("BitTitan said: “%(message)s”", message=row.message))
    if row.reason:
        why.append(_("Reason: %(reason)s", reason=row.reason))
    what = _("Attempt %(number)s", number=row.number)
    return Line(f"attempt-{row.id}", row.requested_at, _who(row), _said(what, attempt_look(row).ending, " ".join(why)))


def request(row: Exchange, of: Attempt) -> Line:
    parts = [cause_words(row.cause)] if row.cause else []
    parts.append(_("%(count)s ms", count=number(row.milliseconds)))
    return Line(
        f"request-{row.id}", row.at, _who(of), _said(str(_REQUESTS[row.kind]), exchange_outcome(row), ", ".join(parts)),
        via_text(audit.WORKER) if of.requested_by else "", _("Attempt %(number)s", number=of.number),
    )  # fmt: skip


def answer(row: StatusCheck) -> Line:
    why = _("%(cause)s, %(count)s ms", cause=CAUSES[row.cause], count=number(row.milliseconds))
    change = _said(_("Asked BitTitan"), str(RESULTS[row.result]), why)
    return Line(f"answer-{row.id}", row.at, process_name(row.actor), change)


def comparison(row: Finding, viewer: User) -> Line:
    """Who decided about it, and how, is an entry of its own."""
    run = row.run
    href = url_for("bss.reconciliation.finding", finding_id=row.id) if viewer.may(Right.SEE_TOOLS) else None
    return Line(
        f"finding-{row.id}", run.ended_at or run.made_at, process_name(run.actor),
        _said(_("Compared with BitTitan"), finding_wording.kind_words(row.kind), None),
        about=_("Comparison %(id)s", id=run.id), href=href,
    )  # fmt: skip


def _who(row: Attempt) -> str:
    if row.requested_by:
        return row.requested_by.name
    return process_name(audit.COMMAND_LINE if row.trigger is Trigger.COMMAND else "portal")


def _said(what: str, after: str, why: str | None) -> Change:
    return Change(what, None, after, why)
