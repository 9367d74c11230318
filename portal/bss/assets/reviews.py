"""The review of one asset: what is known, and the decision of a person, on one page."""

from dataclasses import dataclass
from typing import Self

from flask_login import current_user

from portal.bss.assets.asset_forms import AttachForm, ReasonForm
from portal.bss.assets.assets import bp
from portal.core import access
from portal.extensions import settings
from portal.models import Asset, Right
from portal.services.coupons import reviews
from portal.services.coupons.attachments import CodeCheck
from portal.web.forms.action_forms import ActForm
from portal.web.pages.fragments import render_page
from portal.web.security.guards import requires


@bp.get("/<int:asset_id>/review")
@requires(Right.SEE_ASSETS)
def review(asset_id):
    return page(access.visible_asset(current_user, asset_id))


@dataclass
class Decision:
    """Both ways to end it; one of them may just have been tried."""

    attach: AttachForm
    attest: ReasonForm
    check: CodeCheck | None = None

    @classmethod
    def of(cls, asset: Asset, attach: AttachForm | None, attest: ReasonForm | None, check: CodeCheck | None) -> Self:
        own = attach or AttachForm.blank(), attest or ReasonForm.blank()
        for form, prefix in zip(own, ("attach", "attest"), strict=True):
            form.version.data = str(asset.version)
            for field in form:
                field.id = f"{prefix}-{field.name}"
        return cls(*own, check)

    @property
    def refusal(self):
        return self.attach.refusal or self.attest.refusal


def page(
    asset: Asset, *, attach: AttachForm | None = None, attest: ReasonForm | None = None, check: CodeCheck | None = None
) -> str:
    """What was typed stays, beside what is known now."""
    return render_page(
        "bss/assets/review.html",
        block="page",
        asset=asset,
        case=reviews.review_case(asset),
        decision=Decision.of(asset, attach, attest, check),
        is_idempotent=settings().bittitan.server == "idempotent",
    )


def after_refusal(asset_id: int, **forms: ActForm):
    """Not possible as it stands: the page says why, and what is known by now."""
    return page(access.visible_asset(current_user, asset_id), **forms), 409
