"""What the page of one difference shows."""

from dataclasses import dataclass

from flask import request
from flask_login import current_user

from portal.bss.reconciliation import finding_filters
from portal.bss.reconciliation.findings import finding_forms
from portal.bss.reconciliation.findings.finding_forms import CASE, DecisionForm
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import row_id
from portal.display.reconciliation import both_sides, case_text, finding_signs, receipt_words
from portal.display.wording import finding_wording as words
from portal.models import Asset, Finding, FindingAct, FindingKind, Invoice, ReconciliationRun, Right, User
from portal.services import credited_assets
from portal.services.reconciliation.applying import carrying_out, offers
from portal.services.reconciliation.viewing import finding_list, free_assets, present, receipts
from portal.services.reconciliation.viewing.present import CurrentFinding, Moved
from portal.web.pages.fragments import render_page
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for

Act, Kind = FindingAct, FindingKind
SEARCHED = "asset"
"""In the address: what was searched for among the assets."""


@dataclass(frozen=True)
class Offer:
    asks: str
    title: str
    meaning: str
    form: DecisionForm
    button: str


def read(finding_id: int, target_id: int | None) -> tuple[ReconciliationRun, CurrentFinding]:
    """Raises NotVisible."""
    return present.of_one(current_user, finding_id, target_id)


def chosen_target() -> int | None:
    return row_id(request.args.get("target"))


def render(run: ReconciliationRun, row: CurrentFinding, form: DecisionForm | None = None) -> str:
    offered = _offers(row, form) if may_decide(current_user) and row.finding.may_be_decided else []
    main = Act(offered[0].asks) if offered and offered[0].asks != Act.SET_ASIDE.value else None
    came_from = _list_of(run)
    before, after = finding_list.neighbours(current_user, row.finding, run, finding_filters.of(came_from.kept))
    is_open = row.finding.may_be_decided
    moved = row.moved(None) if is_open else None
    return render_page(
        "bss/reconciliation/finding.html", block="finding", run=run, row=row, finding=row.finding, words=words,
        lines=both_sides.lines(row, main), main=main, signs=finding_signs.signs(row), offers=offered, form=form,
        back=came_from.href({}), before=before and href(before), after=after and href(after), here=href(row.finding.id),
        action=href(row.finding.id, "decide"),
        moved=words.moved_words(moved, row) if moved is Moved.ASSET else "", choice=_choice(row),
        change=receipt_words.change(row.finding, receipts.recorded([row.finding])),
        case_text=case_text.of(row), to_surplus=both_sides.goes_to_surplus(row), two_confirmed=_is_stuck(row),
        patience=carrying_out.PATIENCE, asset=row.asset, credits=_credits(row) if is_open else [],
    )  # fmt: skip


def href(finding_id: int, endpoint: str = "finding", **more: object) -> str:
    """The address of a difference, in the same list."""
    kept = Paged(request.args, path="", names=finding_filters.NAMES).kept
    return url_for(f"bss.reconciliation.{endpoint}", finding_id=finding_id, **(kept | more))


def may_decide(person: User) -> bool:
    return person.may(Right.USE_TOOLS) and person.may(Right.PROVISION)


def _list_of(run: ReconciliationRun) -> Paged:
    """That the person came from."""
    return Paged(request.args, path=url_for("bss.reconciliation.show", run_id=run.id), names=finding_filters.NAMES)


def _offers(row: CurrentFinding, form: DecisionForm | None) -> list[Offer]:
    found = [_offer(row, act.value, form) for act in offers.of(row.finding) if _is_possible(row, act)]
    return [*found, _offer(row, CASE, form)]


def _is_possible(row: CurrentFinding, act: FindingAct) -> bool:
    """What would be refused for certain is not offered."""
    if act is Act.ATTACH:
        return row.asset is not None and row.asset.may_attach and not row.claims
    if act is Act.RETRY:
        return row.asset is not None and row.asset.may_sync and not row.asset.asks_if_bought and not _credits(row)
    if act is Act.RECORD:
        return not row.claims
    return not (act is Act.CORRECT and _is_stuck(row))


def _credits(row: CurrentFinding) -> list[Invoice]:
    """Of an asset that would be bought for again: its own page asks first."""
    is_to_be_bought = Act.RETRY in offers.of(row.finding) and row.asset is not None and row.asset.may_sync
    return credited_assets.notes_of(row.asset.id) if is_to_be_bought else []


def _is_stuck(row: CurrentFinding) -> bool:
    """Two records that BitTitan has confirmed both: neither loses anything."""
    other = row.with_id if row.finding.kind is Kind.TWO_RECORDS else None
    return other is not None and other.is_confirmed


def _offer(row: CurrentFinding, asks: str, form: DecisionForm | None) -> Offer:
    is_sent = form is not None and form.asks.data == asks
    shown = form if is_sent else finding_forms.FORMS[asks](formdata=None)
    if asks == CASE:
        meaning = _("For what only BitTitan can mend. It is set aside with the number, and comes back if one of the "
                    "two sides changes.")  # fmt: skip
        return Offer(asks, _("Open a case at BitTitan"), meaning, shown.over(row, asks), _("Set aside with the case"))
    act = Act(asks)
    meaning = words.act_meaning(act, row.finding.kind)
    title, button = words.act_words(act, row.finding.kind), words.button(act, 1, row.finding.kind)
    return Offer(asks, title, meaning, shown.over(row, asks), button)


def _choice(row: CurrentFinding) -> dict | None:
    """Assets among which the one that gets the coupon is chosen, for a coupon that was bought elsewhere."""
    finding: Finding = row.finding
    if finding.kind is not Kind.FOREIGN or not finding.may_be_decided or row.claims or not may_decide(current_user):
        return None
    text = Paged(request.args, path="", names=(SEARCHED,)).kept.get(SEARCHED, "")
    found: list[Asset] = free_assets.search(current_user, text) if text else free_assets.fitting(current_user, finding)
    search = href(finding.id, "search_asset")
    return {"text": text, "assets": found, "search": search, "href": lambda asset: href(finding.id, target=asset.id)}
