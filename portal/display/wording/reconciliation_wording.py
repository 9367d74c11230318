"""Texts for reconciliation runs: their kinds of differences, states, scopes, and what is offered."""

from portal.core import audit
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.wording import finding_wording
from portal.display.wording.cause_wording import cause_words
from portal.models import (
    Finding,
    FindingAct,
    FindingKind,
    FindingState,
    ReconciliationRun,
    ReconciliationScope,
    ReconciliationSource,
    ReconciliationState,
)
from portal.providers.causes import Cause
from portal.services.reconciliation.applying import offers
from portal.services.reconciliation.viewing.finding_list import StatusGroup
from portal.web.filters import day, number

Kind, State, Scope, Act = FindingKind, ReconciliationState, ReconciliationScope, FindingAct
PARTS = {
    StatusGroup.OPEN: lazy("Differences"),
    StatusGroup.SET_ASIDE: lazy("Set aside"),
    StatusGroup.DONE: lazy("Dealt with"),
}
STATES = {
    State.LISTING: lazy("Under way"),
    State.ASKING: lazy("Under way"),
    State.MATCHING: lazy("Under way"),
    State.SEARCHING: lazy("Under way"),
    State.DONE: lazy("Complete"),
    State.INCOMPLETE: lazy("Incomplete"),
    State.STOPPED: lazy("Stopped"),
}
BADGES = {
    State.DONE: ("synchronized", "synchronized"),
    State.INCOMPLETE: ("review", "warning"),
    State.STOPPED: ("draft", "close"),
}
"""The variant and the icon. Any other is under way."""
MOVING = ("synchronizing", "synchronizing")
FIELDS = {
    "code": lazy("Code"),
    "id": lazy("Coupon Id"),
    "reference": lazy("Reference"),
    "product": lazy("Product"),
    "organisation": lazy("Billed account"),
    "quantity": lazy("Licences"),
    "expiry": lazy("Redeem by"),
}
_STEPS = {
    State.LISTING: lazy("List the coupons"),
    State.ASKING: lazy("Ask for what was not listed"),
    State.MATCHING: lazy("Compare"),
    State.SEARCHING: lazy("Find what may belong together"),
}
_STARTERS = {audit.SCHEDULED: lazy("the schedule"), audit.COMMAND_LINE: lazy("the command line")}
_UNFIT = (Cause.NOT_SUPPORTED,)


def title(run: ReconciliationRun) -> str:
    return _("Comparison %(id)s", id=run.id)


def badge(run: ReconciliationRun) -> tuple[str, str]:
    return BADGES.get(run.state, MOVING)


def scope_words(run: ReconciliationRun) -> str:
    if run.scope is Scope.EVERYTHING:
        return _("Everything")
    if run.scope is Scope.ASSET:
        return f"AS-{run.asset_id}"
    if run.scope is Scope.PERIOD:
        days = {"first": day(run.from_on).striptags(), "last": day(run.until_on).striptags()}
        return _("Bought from %(first)s to %(last)s", **days)
    name = run.account.name if run.account else "–"
    return _("%(name)s and its customers", name=name) if run.scope is Scope.TREE else name


def started_by(run: ReconciliationRun) -> str:
    return str(_STARTERS.get(run.actor, run.actor))


def source_words(run: ReconciliationRun) -> str:
    if run.source is ReconciliationSource.LIVE:
        return _("Live")
    return _("File %(name)s", name=run.file_name)


def steps(run: ReconciliationRun) -> list[tuple[str, str]]:
    """Each step with its state: done, current, or empty."""
    order = list(_STEPS)
    here = order.index(run.state) if run.state in order else len(order)
    first = {State.LISTING: _("Read the file")} if run.source is ReconciliationSource.FILE else {}
    return [
        (str(text), "done" if place < here else "current" if place == here else "")
        for place, text in enumerate((_STEPS | first).values())
    ]


def progress(run: ReconciliationRun) -> str:
    """What is done so far."""
    listed = ngettext("%(n)s coupon listed", "%(n)s coupons listed", run.count("listed"), n=number(run.count("listed")))
    if run.state is State.LISTING:
        return listed
    asked = _("%(n)s asked for one by one", n=number(run.count("asked")))
    if run.state is State.ASKING:
        return f"{listed}, {asked}"
    return f"{listed}, {asked}, {_('%(n)s agree', n=number(run.count('matched')))}"


def counted(run: ReconciliationRun) -> str:
    """For the list of runs."""
    if run.state is not State.DONE:
        return ""
    found = run.count("findings")
    differences = ngettext("%(n)s difference", "%(n)s differences", found, n=number(found))
    agree = _("%(n)s agree", n=number(run.count("matched")))
    return f"{differences if found else _('No difference')}, {agree}"


def result(run: ReconciliationRun) -> str:
    """What a run that has ended looked at."""
    listed = run.count("listed")
    sentences = [ngettext("%(n)s coupon was listed.", "%(n)s coupons were listed.", listed, n=number(listed))]
    if asked := run.count("asked"):
        sentences.append(
            ngettext("%(n)s that was not listed was asked for by itself.",
                     "%(n)s that were not listed were asked for one by one.", asked, n=number(asked))
        )  # fmt: skip
    if repeated := run.count("repeated"):
        sentences.append(ngettext("%(n)s line repeats another one.", "%(n)s lines repeat others.", repeated,
                                  n=number(repeated)))  # fmt: skip
    if refused := run.count("refused"):
        sentences.append(
            ngettext("%(n)s line could not be taken.", "%(n)s lines could not be taken.", refused, n=number(refused))
        )
    if run.source is ReconciliationSource.FILE and not run.may_miss:
        sentences.append(_("The file may lack coupons, so nothing is called missing because of it."))
    return " ".join(sentences)


def why_incomplete(run: ReconciliationRun) -> str:
    if run.cause in _UNFIT:
        return _("This server cannot be searched, so nothing can be concluded. Compare a file instead.")
    return _(
        "BitTitan did not answer everything (%(why)s). Nothing is concluded, and nothing is called missing.",
        why=cause_words(run.cause),
    )


def what_next(run: ReconciliationRun, *, may_go_on: bool) -> str:
    """What can be done about an incomplete one."""
    if run.cause in _UNFIT:
        return ""
    if may_go_on:
        return _("Go on once BitTitan answers again: only what is missing is asked for.")
    return _("Compare again once BitTitan answers.")


def why_stopped(run: ReconciliationRun) -> str:
    if run.source is ReconciliationSource.FILE:
        return _("This comparison was stopped, or its file could not be read to its end.")
    return _("This comparison was stopped, or a newer one took its place. What it had listed is deleted.")


def offered(finding: Finding) -> str:
    """What can be done, beside setting it aside and opening a case."""
    if finding.kind is Kind.UNRECORDED and finding.asset_id is None:
        return _("Keep it in the surplus register")
    acts = [act for act in offers.of(finding) if act is not Act.SET_ASIDE]
    return "; ".join(finding_wording.act_words(act, finding.kind) for act in acts) or _("Open a case")


def decision_words(finding: Finding) -> str:
    """Who decided what, and when. Empty while nobody has."""
    name = finding.decided_by.name if finding.decided_by else _("the portal")
    if finding.state is FindingState.CHOSEN:
        return _("%(name)s has decided; it is being carried out", name=name)
    if finding.state is FindingState.REFUSED:
        return finding.refusal or _("It could not be done")
    if finding.state is FindingState.OPEN:
        return ""
    done, at = finding_wording.state_words(finding), finding.decided_at or finding.ended_at
    return _("%(act)s by %(name)s, %(day)s", act=done, name=name, day=day(at).striptags())
