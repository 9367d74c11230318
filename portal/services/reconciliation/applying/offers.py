"""What is offered for a finding."""

from portal.models import Finding, FindingAct, FindingKind
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


def is_for_all(finding: Finding, act: FindingAct) -> bool:
    """Whether it is done where a person decides about all of a kind. What may have its coupon already is not bought
    again unseen."""
    return act in of(finding) and not (act is Act.RETRY and finding.candidates)
