"""The pages that show staff the progress and the result of a vendor request."""

from flask import Blueprint

from portal.bss.assets import corrections, provisioning, status_checks
from portal.bss.catalog import products
from portal.bss.coupons import surplus
from portal.bss.inbox import links
from portal.bss.setup import bittitan, connection_settings
from portal.core.i18n import gettext as _
from portal.display import request_page
from portal.display.request_page import RequestView
from portal.models import RequestKind, VendorRequest
from portal.web.security.guards import signed_in
from portal.web.urls import url_for

bp = Blueprint("requests", __name__, url_prefix="/requests")

_codes = {"back": lambda vendor_request: url_for("bss.assets.attach", asset_id=vendor_request.subject_id)}
_corrections = {"back": lambda vendor_request: url_for("bss.assets.replace", asset_id=vendor_request.subject_id)}
_settings = {"back": lambda vendor_request: url_for("bss.connection.edit")}


def _tester(vendor_request: VendorRequest):
    """What was typed is tested on the page of the form, what is used on the page that shows it."""
    return connection_settings.tried if vendor_request.typed["values"] else bittitan.tested


REQUEST_VIEWS = {
    RequestKind.CHECK_CODE: RequestView(
        lambda vendor_request: _("Check a code for AS-%(id)s", id=vendor_request.subject_id),
        provisioning.checked,
        **_codes,
    ),
    RequestKind.CHECK_STATUS: RequestView(
        lambda vendor_request: _("Ask BitTitan about the code of AS-%(id)s", id=vendor_request.subject_id),
        status_checks.checked,
        back=lambda vendor_request: url_for("bss.assets.show", asset_id=vendor_request.subject_id),
    ),
    RequestKind.ATTACH_CODE: RequestView(
        lambda vendor_request: _("Attach a code to AS-%(id)s", id=vendor_request.subject_id),
        provisioning.attached,
        **_codes,
    ),
    RequestKind.CHECK_REPLACEMENT: RequestView(
        lambda vendor_request: _("Check a code for AS-%(id)s", id=vendor_request.subject_id),
        corrections.checked,
        **_corrections,
    ),
    RequestKind.REPLACE_CODE: RequestView(
        lambda vendor_request: _("Replace the code of AS-%(id)s", id=vendor_request.subject_id),
        corrections.replaced,
        **_corrections,
    ),
    RequestKind.GIVE_COUPON: RequestView(
        lambda vendor_request: _("Attach surplus coupon %(number)s", number=vendor_request.subject_id),
        surplus.given,
        back=lambda vendor_request: url_for("bss.surplus.show", coupon_id=vendor_request.subject_id),
    ),
    RequestKind.LINK_PAYER: RequestView(
        lambda vendor_request: _("Synchronize accounts"),
        links.linked,
        back=lambda vendor_request: url_for("bss.group", cause=vendor_request.typed["values"]["cause"]),
    ),
    RequestKind.READ_DEFINITION: RequestView(
        lambda vendor_request: _("Read BitTitan’s service definition"),
        products.definition_read,
        back=lambda vendor_request: url_for("bss.products.index"),
    ),
    RequestKind.TEST_CONNECTION: RequestView(
        lambda vendor_request: _("Test the connection to BitTitan"),
        lambda vendor_request: _tester(vendor_request)(vendor_request),
        **_settings,
    ),
    RequestKind.SAVE_CONNECTION: RequestView(
        lambda vendor_request: _("Test and save the connection to BitTitan"),
        connection_settings.tried,
        **_settings,
    ),
    RequestKind.CONNECT: RequestView(
        lambda vendor_request: _("Connect to BitTitan again"),
        bittitan.connected,
        back=lambda vendor_request: url_for("bss.bittitan.show"),
    ),
}


@bp.get("/<int:request_id>")
@signed_in
def show(request_id):
    """Open to every signed-in person, because the right depends on the kind of request; `follow` checks it."""
    return request_page.follow(request_id, REQUEST_VIEWS)
