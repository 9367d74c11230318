"""The review page of one asset: the evidence, and the two forms with which a person decides."""

from dataclasses import dataclass
from typing import Self

from flask_login import current_user

from portal.bss.assets.asset_forms import AttachForm, ReasonForm
from portal.bss.assets.assets import bp
from portal.core import access
from portal.models import Asset, Right
from portal.services import vendor_settings
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
    """The two forms that can end a review. One of them may just have been sent."""

    attach: AttachForm
    attest: ReasonForm
    check: CodeCheck | None = None

    @classmethod
    def of(cls, asset: Asset, attach: AttachForm | None, attest: ReasonForm | None, check: CodeCheck | None) -> Self:
        forms = attach or AttachForm.blank(), attest or ReasonForm.blank()
        for form, prefix in zip(forms, ("attach", "attest"), strict=True):
            form.version.data = str(asset.version)
            for field in form:
                field.id = f"{prefix}-{field.name}"
        return cls(*forms, check)

    @property
    def refusal(self):
        return self.attach.refusal or self.attest.refusal


def page(
    asset: Asset, *, attach: AttachForm | None = None, attest: ReasonForm | None = None, check: CodeCheck | None = None
) -> str:
    """Returns the review page with the current evidence and the user's input."""
    return render_page(
        "bss/assets/review.html",
        block="page",
        asset=asset,
        case=reviews.review_case(asset),
        decision=Decision.of(asset, attach, attest, check),
        is_idempotent=vendor_settings.current().server == "idempotent",
    )


def after_refusal(asset_id: int, **forms: ActForm):
    """Returns the review page with the reason of the refusal and the current evidence, as 409."""
    return page(access.visible_asset(current_user, asset_id), **forms), 409
