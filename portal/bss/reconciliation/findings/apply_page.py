"""Both sides of what was chosen, kind by kind, before anything changes."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from flask import request
from flask_login import current_user

from portal.bss.reconciliation.findings import apply_forms, picked_rows
from portal.bss.reconciliation.findings.apply_forms import ApplyForm
from portal.bss.reconciliation.findings.picked_rows import MOST, Pick, SeenRow
from portal.display.lists.list_address import row_id
from portal.display.reconciliation import both_sides, finding_signs, receipt_words
from portal.display.wording import finding_wording as words
from portal.models import FindingAct, FindingKind, ReconciliationRun
from portal.services.reconciliation.viewing import present, receipts, whole_kinds
from portal.services.reconciliation.viewing.present import CurrentFinding
from portal.services.reconciliation.viewing.whole_kinds import AllOfKind
from portal.web.pages.fragments import render_page

Act, Kind = FindingAct, FindingKind
SHOWN_OF_ALL = 20
"""So many of all of a kind are shown in full."""
RECEIPTS = 10
Left = list[tuple[CurrentFinding, str]]
"""Rows that are left out, each with its present state."""


@dataclass
class Group:
    kind: FindingKind
    act: FindingAct
    rows: list[CurrentFinding]
    form: ApplyForm
    whole: AllOfKind | None = None
    rest: list[tuple[str, str]] = field(default_factory=list)
    """Hidden fields: the rows of the other groups."""

    @property
    def name(self) -> str:
        return apply_forms.name_of(self.kind, self.act)

    @property
    def count(self) -> int:
        return self.whole.number if self.whole else len(self.rows)

    def seen(self) -> list[SeenRow]:
        return [] if self.whole else [SeenRow.of(row) for row in self.rows]


@dataclass
class ApplyPage:
    run: ReconciliationRun
    groups: list[Group] = field(default_factory=list)
    moved: Left = field(default_factory=list)
    alone: list[CurrentFinding] = field(default_factory=list)
    """Decided on their own pages."""
    left_over: int = 0
    """More were chosen than one page shows."""
    done: int | None = None
    """How many were decided a moment ago."""

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)

    def drop(self, ids: Collection[int]) -> None:
        """What was refused a moment ago is named, and not offered again on this page."""
        for group in self.groups:
            group.rows = [row for row in group.rows if row.finding.id not in ids]
        self.groups = [group for group in self.groups if group.rows or group.whole]
        self.alone = [row for row in self.alone if row.finding.id not in ids]

    def render(self) -> str:
        newest = receipts.newest(current_user, self.run, RECEIPTS)
        where = receipts.recorded(newest)
        return render_page(
            "bss/reconciliation/apply.html", block="apply", page=self, run=self.run, words=words, sides=both_sides,
            signs_of=finding_signs.signs, receipts=[(row, receipt_words.change(row, where)) for row in newest],
            cost_of=lambda group: _cost(self.run, group),
        )  # fmt: skip


def of_request(run: ReconciliationRun, form: ApplyForm | None = None) -> ApplyPage:
    """What the form that was sent is about. `form`: with what was typed, for its own group."""
    page, picks = ApplyPage(run), _picks()
    page.left_over, picks = max(0, len(picks) - MOST), picks[:MOST]
    _add_picked(page, picks, form)
    whole = _whole(run)
    if whole is not None:
        rows = present.of(current_user, run, whole.first)
        page.groups.append(_group(whole.kind, whole.act, rows, form, whole))
    return page


def _picks() -> list[Pick]:
    """With the rows of the group that was sent."""
    own = [
        Pick(row.finding_id, row.version, f"{picked_rows.ATTACH}{row.target_id}" if row.target_id else _aside())
        for row in picked_rows.seen_rows(request.form)
    ]
    others = {pick.finding_id: pick for pick in picked_rows.picks(request.form)}
    return [*own, *(others[each] for each in others if each not in {pick.finding_id for pick in own})]


def _aside() -> str:
    asked = apply_forms.asked()
    return picked_rows.ASIDE if asked and asked[1] is Act.SET_ASIDE else ""


def _add_picked(page: ApplyPage, picks: list[Pick], form: ApplyForm | None) -> None:
    by_id = {pick.finding_id: pick for pick in picks}
    targets = {pick.finding_id: pick.target_id for pick in picks}
    groups: dict[tuple[FindingKind, FindingAct], list[CurrentFinding]] = {}
    paired: set[int | None] = set()
    for row in present.of(current_user, page.run, list(by_id), targets):
        pick = by_id[row.finding.id]
        act = pick.act_for(row)
        moved = row.moved(act, pick.version)
        if moved is not None:
            page.moved.append((row, words.moved_words(moved, row)))
        elif act is None:
            page.alone.append(row)
        elif act is not Act.ATTACH or row.finding.counterpart_id not in paired:
            paired |= {row.finding.id} if act is Act.ATTACH else set()
            groups.setdefault((row.finding.kind, act), []).append(row)
    in_order = sorted(groups.items(), key=lambda each: list(Kind).index(each[0][0]))
    page.groups = [_group(kind, act, rows, form) for (kind, act), rows in in_order]
    for group in page.groups:
        ids = {row.finding.id for row in group.rows}
        group.rest = [pair for pick in picks if pick.finding_id not in ids for pair in pick.fields()]


def _group(
    kind: FindingKind,
    act: FindingAct,
    rows: list[CurrentFinding],
    form: ApplyForm | None,
    whole: AllOfKind | None = None,
) -> Group:
    name = apply_forms.name_of(kind, act)
    is_sent = form is not None and form.asks.data == name
    own = form if is_sent else apply_forms.form_for(act)(formdata=None)
    return Group(kind, act, rows, own.of(name), whole)


def _whole(run: ReconciliationRun) -> AllOfKind | None:
    kind, most_id = request.form.get("kind", ""), row_id(request.form.get("most_id"))
    kinds = [each.value for each in whole_kinds.ACTS]
    return whole_kinds.look_at(run, Kind(kind), most_id, shown=SHOWN_OF_ALL) if kind in kinds and most_id else None


def _cost(run: ReconciliationRun, group: Group) -> tuple[int, Counter[str]] | None:
    """Licences and money by currency, of what buys."""
    if group.act is not Act.RETRY:
        return None
    if group.whole:
        return whole_kinds.cost(run, group.whole.most_id)
    money: Counter[str] = Counter()
    for row in group.rows:
        if row.asset.total is not None:
            money[row.asset.currency] += row.asset.total
    return sum(row.asset.quantity for row in group.rows), money
