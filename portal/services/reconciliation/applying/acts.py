"""Each act on a finding, by the function that its own page uses, under the same rules."""

from portal.core import access, clock
from portal.core.errors import Conflict, StaleVersion
from portal.core.errors import Unavailable as NoAnswer
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Asset, Finding, FindingAct, FindingKind, ShownCoupon, Trigger, User
from portal.providers.base import Absent, Checked, IssuedCoupon, Unanswered
from portal.services import assets, provisioning, vendor
from portal.services.assets import corrections
from portal.services.reconciliation.applying import correcting, keeping
from portal.services.reconciliation.matching import suggestions


def _record(finding: Finding, *, by: User) -> None:
    """With the asset whose reference it carries, in the surplus register if that has its own code or is not here."""
    keeping.keep(_issued(finding.shown), by=by)


def _attach(finding: Finding, *, by: User) -> None:
    of_coupon = finding.counterpart if finding.kind is FindingKind.NO_CODE else finding
    asset = _asset(by, finding.target_id)
    if _is_suggestion(finding, of_coupon) and not suggestions.is_only_one(of_coupon, asset.id):
        raise StaleVersion(_("By now the coupon fits more than this asset, or not this one. Nothing was changed."))
    code = of_coupon.shown.code
    if asset.coupon is not None:  # also its own code: nothing would be written, so nothing would be marked as done
        raise Conflict(
            _("%(number)s has a code by now, •••• %(mask)s.", number=asset.number, mask=asset.coupon.mask)
        )  # fmt: skip
    assets.attach(asset, version=finding.asset_version, by=by, code=code, reason=finding.why)


def _is_suggestion(finding: Finding, of_coupon: Finding) -> bool:
    """What a person chose himself need not be the only one that fits."""
    if finding.kind is FindingKind.NO_CODE:
        return True
    suggested = db.session.get(Finding, of_coupon.counterpart_id) if of_coupon.counterpart_id else None
    return suggested is not None and suggested.asset_id == finding.target_id


def _retry(finding: Finding, *, by: User) -> None:
    asset = _asset(by, finding.asset_id)
    provisioning.request(asset, version=finding.asset_version, by=by, trigger=Trigger.BULK)


def _withdraw(finding: Finding, *, by: User) -> None:
    asset = _asset(by, finding.asset_id)
    if asset.coupon is None or asset.coupon.id != finding.coupon_id:
        raise StaleVersion(_("The asset has another code by now, or none. Nothing was changed."))
    if asset.coupon.absent_at is None:
        raise StaleVersion(_("BitTitan has shown this code since, or was never asked for it. Nothing was changed."))
    corrections.withdraw(asset, version=finding.asset_version, by=by, reason=finding.why)


def _correct(finding: Finding, *, by: User) -> None:
    asked_at = clock.now()
    issued = _issued(finding.shown)
    if finding.kind is FindingKind.TWO_RECORDS:
        correcting.unite(finding, issued, by=by)
    else:
        correcting.correct(finding, issued, asked_at, by=by)


def _asset(by: User, asset_id: int) -> Asset:
    asset = access.visible_asset(by, asset_id)
    db.session.refresh(asset, ["version"])
    return asset


def _issued(shown: ShownCoupon) -> IssuedCoupon:
    """As BitTitan shows it now. Raises Conflict if it knows it no more or shows it otherwise than in the run."""
    seller_id, provider = vendor.seller_id(), vendor.provider()
    db.session.commit()  # hold no transaction while BitTitan is asked
    if shown.bittitan_id is not None:
        answer = provider.read_coupon(shown.bittitan_id, seller_id=seller_id)
    else:
        checked = provider.check_code(shown.code, seller_id=seller_id)
        answer = checked if isinstance(checked, Unanswered) else _content(checked)
    if isinstance(answer, Unanswered):
        raise NoAnswer(_("BitTitan did not answer, so nothing was changed. Decide again once it answers."))
    if isinstance(answer, Absent):
        raise Conflict(_("BitTitan does not know this coupon any more. Nothing was changed."))
    now = (answer.code, answer.reference[:80], answer.quantity)
    then = (shown.code, shown.reference, shown.quantity)
    if any(before not in (None, after) for before, after in zip(then, now, strict=True)):
        raise StaleVersion(_("BitTitan shows this coupon otherwise by now. Nothing was changed. Compare again."))
    return answer


def _content(checked: Checked) -> IssuedCoupon | Absent:
    if checked.coupon is None and not checked.is_no_code:
        raise Conflict(_("BitTitan does not say what this code holds. Nothing was changed."))
    return checked.coupon or Absent()


ACTS = {
    FindingAct.RECORD: (_record, "keep"),
    FindingAct.ATTACH: (_attach, "attach"),
    FindingAct.RETRY: (_retry, "reserve"),
    FindingAct.CORRECT: (_correct, "correct"),
    FindingAct.WITHDRAW: (_withdraw, "withdraw"),
}
"""The act, and the name of the transaction in which it is done."""
