"""What is offered for a finding."""

from sqlalchemy import ColumnElement, or_, select

from portal.models import Asset, Finding, FindingAct, FindingKind, Lifecycle, SyncStatus
from portal.services import credited_assets
from portal.services.reconciliation.matching.differences import CORRECTABLE

Act, Kind = FindingAct, FindingKind
_OFFERS = {
    Kind.UNRECORDED: (Act.RECORD,),
    Kind.DUPLICATE: (Act.RECORD,),
    Kind.FOREIGN: (Act.ATTACH,),
    Kind.NO_CODE: (Act.ATTACH, Act.RETRY),
    Kind.NOT_LISTED: (Act.CONFIRM,),
    Kind.DIFFERS: (Act.CORRECT,),
    Kind.TWO_RECORDS: (Act.CORRECT,),
    Kind.UNVERIFIED: (Act.WITHDRAW,),
}
WITHOUT_REASON = frozenset({Act.RECORD, Act.RETRY})
AT_ONCE = frozenset({Act.SET_ASIDE, Act.CONFIRM})
"""Needs no worker: nothing but the finding changes."""


def of(finding: Finding) -> list[FindingAct]:
    acts = list(_OFFERS[finding.kind])
    if finding.kind is Kind.DIFFERS and not finding.fields <= CORRECTABLE:
        acts.remove(Act.CORRECT)
    if finding.kind is Kind.NO_CODE and finding.counterpart_id is None:
        acts.remove(Act.ATTACH)
    return [*acts, Act.SET_ASIDE]


def of_all(act: FindingAct) -> tuple[ColumnElement[bool], ...]:
    """What must hold beside, where a person decides about all of a kind. What may have its coupon already, or may have
    been bought before it was imported, or was credited as not delivered, is not bought again unseen."""
    if act is not Act.RETRY:
        return ()
    was_tried = or_(Asset.imported_at.is_(None), Asset.attempts_made > 0)
    is_failed = (Asset.sync_status == SyncStatus.FAILED, Asset.lifecycle == Lifecycle.ACTIVE)
    is_uncredited = credited_assets.count_notes(Asset.id) == 0
    return Finding.candidates == 0, Finding.asset_id.in_(select(Asset.id).where(*is_failed, was_tried, is_uncredited))
