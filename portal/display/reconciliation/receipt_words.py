"""What became of a decision: from what to what, for the page and for the file."""

from collections.abc import Mapping

from portal.core.i18n import gettext as _
from portal.display.wording.finding_wording import confirmed_words
from portal.models import Coupon, CouponStanding, Finding, FindingAct, FindingKind, FindingState

Act, Kind = FindingAct, FindingKind
FIELDS = ("quantity", "expiry", "issued")


def change(finding: Finding, recorded: Mapping[str, Coupon]) -> tuple[str, str]:
    """From what to what. Both are empty if nothing was changed."""
    if finding.state is not FindingState.DONE:
        return "", ""
    shown = finding.shown or (finding.counterpart and finding.counterpart.shown)
    if finding.act is Act.RECORD:
        return _("Not on record"), _where(recorded.get(shown.bittitan_id), shown.mask)
    if finding.act is Act.ATTACH:
        return _("No code"), f"•••• {shown.mask}" if shown else ""
    if finding.act is Act.CORRECT:
        return _corrected(finding)
    if finding.act is Act.WITHDRAW:
        return f"•••• {finding.coupon.mask}", _("No code")
    if finding.act is Act.CONFIRM:
        return _("Not known to BitTitan"), confirmed_words(finding.confirmed_as)
    return "", _("BitTitan is asked; the asset says what it answers") if finding.act is Act.RETRY else ""


def _corrected(finding: Finding) -> tuple[str, str]:
    if finding.kind is Kind.TWO_RECORDS:
        return _("Id on another record"), _("Id with its code")
    here = ", ".join(here or "–" for _field, here, _there in finding.differences)
    return here, ", ".join(there or "–" for _field, _here, there in finding.differences)


def _where(row: Coupon | None, mask: str) -> str:
    code = f"•••• {mask}"
    if row is None:
        return code
    if row.standing is CouponStanding.RECORDED and row.asset_id:
        return _("With AS-%(id)s, %(code)s", id=row.asset_id, code=code)
    if row.standing is CouponStanding.REVIEW:
        return _("Kept for a review of AS-%(id)s, %(code)s", id=row.asset_id, code=code)
    return _("Surplus register, %(code)s", code=code)
