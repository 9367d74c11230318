"""Which differences a form is about: ticked ones, with what was chosen for those that were bought elsewhere."""

import re
from dataclasses import dataclass
from typing import Self

from werkzeug.datastructures import MultiDict

from portal.display.lists.list_address import row_id
from portal.models import FindingAct, FindingKind
from portal.services import credited_assets
from portal.services.reconciliation.applying import offers
from portal.services.reconciliation.viewing.present import CurrentFinding

Act, Kind = FindingAct, FindingKind
MOST = 200
"""Rows on one page."""
LEAVE, CHOOSE, ASIDE, ATTACH = "leave", "choose", "aside", "attach-"
_TICK = re.compile(r"([1-9][0-9]{0,9})-([0-9]{1,9})")
_CHOICE = re.compile(r"finding-([1-9][0-9]{0,9})")
_ROW = re.compile(r"([1-9][0-9]{0,9})-([0-9]{1,9})-([0-9]{1,9})-(0|[1-9][0-9]{0,9})")


@dataclass(frozen=True)
class Pick:
    finding_id: int
    version: int | None = None
    """That the person saw in the list."""
    choice: str = ""

    @property
    def target_id(self) -> int | None:
        return row_id(self.choice.removeprefix(ATTACH)) if self.choice.startswith(ATTACH) else None

    def act_for(self, row: CurrentFinding) -> FindingAct | None:
        """None: it is decided on its own page."""
        if self.choice == ASIDE:
            return Act.SET_ASIDE
        act = _usual_act(row)
        if row.finding.kind is Kind.FOREIGN:
            act = Act.ATTACH if row.asset is not None and self.choice != CHOOSE else None
        return act if act in offers.of(row.finding) else None

    def fields(self) -> list[tuple[str, str]]:
        """The hidden fields that say the same."""
        ticked = [("finding", f"{self.finding_id}-{self.version}")] if self.version is not None else []
        return [*ticked, *([(f"finding-{self.finding_id}", self.choice)] if self.choice else [])]


def _usual_act(row: CurrentFinding) -> FindingAct | None:
    if row.finding.kind is Kind.NO_CODE:
        return _for_no_code(row)
    return {
        Kind.UNRECORDED: Act.RECORD, Kind.DUPLICATE: Act.RECORD, Kind.NOT_LISTED: Act.CONFIRM,
        Kind.DIFFERS: Act.CORRECT, Kind.UNVERIFIED: Act.WITHDRAW,
    }.get(row.finding.kind)  # fmt: skip


def _for_no_code(row: CurrentFinding) -> FindingAct | None:
    """What may have its coupon already, was credited, or has to be reviewed first, is not bought again unseen."""
    if row.finding.counterpart_id is not None:
        return Act.ATTACH
    may_be_sent = row.asset is not None and row.asset.may_sync and not row.asset.asks_if_bought
    if not may_be_sent or row.finding.candidates or credited_assets.notes_of(row.asset.id):
        return None
    return Act.RETRY


def picks(submitted: MultiDict) -> list[Pick]:
    """In the order of their ids."""
    found = {row.finding_id: row for text in submitted.getlist("finding") if (row := _tick(text))}
    for name, choice in submitted.items():
        match = _CHOICE.fullmatch(name)
        finding_id = row_id(match[1]) if match else None
        if finding_id is None:
            continue
        ticked = found.pop(finding_id, Pick(finding_id))
        if choice != LEAVE:
            found[finding_id] = Pick(finding_id, ticked.version, choice)
    return [found[finding_id] for finding_id in sorted(found)]


def _tick(text: str) -> Pick | None:
    match = _TICK.fullmatch(text)
    finding_id = row_id(match[1]) if match else None
    return Pick(finding_id, int(match[2])) if finding_id else None


@dataclass(frozen=True)
class SeenRow:
    """A row of the page with both sides, as the person saw it."""

    finding_id: int
    version: int
    asset_version: int
    target_id: int | None

    @classmethod
    def of(cls, row: CurrentFinding) -> Self:
        asset = row.asset
        target_id = asset.id if asset is not None and row.finding.kind is Kind.FOREIGN else None
        return cls(row.finding.id, row.finding.version, asset.version if asset else 0, target_id)

    @classmethod
    def read(cls, text: str) -> Self | None:
        match = _ROW.fullmatch(text)
        if match is None or not row_id(match[1]):
            return None
        return cls(int(match[1]), int(match[2]), int(match[3]), row_id(match[4]))

    def __str__(self) -> str:
        return f"{self.finding_id}-{self.version}-{self.asset_version}-{self.target_id or 0}"


def seen_rows(submitted: MultiDict) -> list[SeenRow]:
    return [row for text in submitted.getlist("row")[:MOST] if (row := SeenRow.read(text))]
