"""What became of a decision: from what to what, for the page and for the file."""

from collections.abc import Mapping
from datetime import date

from portal.core.i18n import gettext as _
from portal.display.wording.code_status import STATES
from portal.display.wording.coupon_wording import coupon_status
from portal.models import ConfirmedState, Coupon, CouponStanding, Finding, FindingAct, FindingKind, FindingState
from portal.web.filters import day, licences

Act, Kind = FindingAct, FindingKind


def change(finding: Finding, recorded: Mapping[str, Coupon]) -> tuple[str, str]:
    """From what to what. Both are empty if nothing was changed."""
    if finding.state is not FindingState.DONE:
        return "", ""
    if finding.act is None:
        return _settled(finding, recorded)
    shown = finding.shown or (finding.counterpart and finding.counterpart.shown)
    if finding.act is Act.RECORD:
        return _("Not on record"), _where(recorded.get(shown.bittitan_id), shown.mask)
    if finding.act is Act.ATTACH:
        coupon = shown or (finding.asset and finding.asset.coupon)
        return _("No code"), f"•••• {coupon.mask}" if coupon else ""
    if finding.act is Act.CORRECT:
        return _corrected(finding)
    if finding.act is Act.WITHDRAW:
        return f"•••• {finding.coupon.mask}", _("No code")
    if finding.act is Act.CONFIRM:
        return _("Not known to BitTitan"), str(STATES[ConfirmedState(finding.confirmed_as)])
    return "", _("BitTitan is asked; the asset says what it answers") if finding.act is Act.RETRY else ""


def _settled(finding: Finding, recorded: Mapping[str, Coupon]) -> tuple[str, str]:
    """Outside of the comparison: as it is now."""
    kind, coupon = finding.kind, finding.coupon
    if kind is Kind.NO_CODE:
        code = finding.asset.coupon
        return _("No code"), f"•••• {code.mask}" if code else _("Cancelled")
    if kind in (Kind.UNRECORDED, Kind.DUPLICATE, Kind.FOREIGN):
        return _("Not on record"), _where(recorded.get(finding.shown.bittitan_id), finding.shown.mask)
    if coupon.standing is CouponStanding.WITHDRAWN:
        return f"•••• {coupon.mask}", _("Withdrawn")
    if kind in (Kind.NOT_LISTED, Kind.UNVERIFIED):
        return _("Not known to BitTitan"), _known_as(coupon)
    return _corrected(finding)


def _known_as(coupon: Coupon) -> str:
    if coupon.stated:
        return str(STATES[ConfirmedState(coupon.stated)])
    return coupon_status(coupon.status) if coupon.status else _("Shown by BitTitan")


def _corrected(finding: Finding) -> tuple[str, str]:
    if finding.kind is Kind.TWO_RECORDS:
        return _("Id on another record"), _("Id with its code")
    here, there = ([], [])
    for field, ours, theirs in finding.differences:
        here.append(_told(field, ours))
        there.append(_told(field, theirs))
    return ", ".join(here), ", ".join(there)


def _told(field: str, value: str | None) -> str:
    """Quantity and last day, as the difference has them."""
    if value is None:
        return "–"
    if field == "expiry":
        return _("redeem by %(day)s", day=day(date.fromisoformat(value[:10])).striptags())
    return licences(int(value)) if field == "quantity" else value


def _where(row: Coupon | None, mask: str) -> str:
    code = f"•••• {mask}"
    if row is None:
        return code
    if row.standing is CouponStanding.RECORDED and row.asset_id:
        return _("With AS-%(id)s, %(code)s", id=row.asset_id, code=code)
    if row.standing is CouponStanding.REVIEW:
        return _("Kept for a review of AS-%(id)s, %(code)s", id=row.asset_id, code=code)
    return _("Surplus register, %(code)s", code=code)
