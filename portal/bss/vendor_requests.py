"""What the staff ask of BitTitan on a page, until there is an answer."""

from flask import Blueprint
from flask_babel import gettext as _

from portal.bss.assets import corrections, provisioning
from portal.bss.coupons import surplus
from portal.bss.inbox import inbox
from portal.bss.reconciliation import comparison
from portal.bss.setup import bittitan
from portal.display import request_page
from portal.display.request_page import RequestView
from portal.models import RequestKind
from portal.web.security.guards import signed_in
from portal.web.urls import url_for

bp = Blueprint("requests", __name__, url_prefix="/requests")

_codes = {"back": lambda asked: url_for("bss.assets.attach", asset_id=asked.subject_id)}
_corrections = {"back": lambda asked: url_for("bss.assets.replace", asset_id=asked.subject_id)}

DOORS = {
    RequestKind.CHECK_CODE: RequestView(
        lambda asked: _("Check a code for AS-%(id)s", id=asked.subject_id), provisioning.checked, **_codes
    ),
    RequestKind.ATTACH_CODE: RequestView(
        lambda asked: _("Attach a code to AS-%(id)s", id=asked.subject_id), provisioning.attached, **_codes
    ),
    RequestKind.CHECK_REPLACEMENT: RequestView(
        lambda asked: _("Check a code for AS-%(id)s", id=asked.subject_id), corrections.checked, **_corrections
    ),
    RequestKind.REPLACE_CODE: RequestView(
        lambda asked: _("Replace the code of AS-%(id)s", id=asked.subject_id), corrections.replaced, **_corrections
    ),
    RequestKind.GIVE_COUPON: RequestView(
        lambda asked: _("Attach surplus coupon %(number)s", number=asked.subject_id),
        surplus.given,
        back=lambda asked: url_for("bss.surplus.show", coupon_id=asked.subject_id),
    ),
    RequestKind.KEEP_COUPON: RequestView(
        lambda asked: _("Put a coupon on record"),
        comparison.kept,
        back=lambda asked: url_for("bss.reconciliation.index"),
    ),
    RequestKind.LINK_PAYER: RequestView(
        lambda asked: _("Synchronize an account"),
        inbox.linked,
        back=lambda asked: url_for("bss.group", cause=asked.typed["values"]["cause"]),
    ),
    RequestKind.CONNECT: RequestView(
        lambda asked: _("Connect to BitTitan again"),
        bittitan.connected,
        back=lambda asked: url_for("bss.bittitan.show"),
    ),
}


@bp.get("/<int:request_id>")
@signed_in
def show(request_id):
    """Which right it takes depends on what was asked."""
    return request_page.follow(request_id, DOORS)
