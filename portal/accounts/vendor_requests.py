"""The pages that show the progress and the result of a vendor request about an account."""

from flask import Blueprint

from portal.accounts import accounts
from portal.core.i18n import gettext as _
from portal.display import request_page
from portal.display.request_page import RequestView
from portal.models import RequestKind, VendorRequest
from portal.web.security.guards import signed_in
from portal.web.urls import url_for

bp = Blueprint("requests", __name__, url_prefix="/requests")


def _account(vendor_request: VendorRequest) -> str:
    return url_for("accounts.show", account_id=vendor_request.subject_id)


REQUEST_VIEWS = {
    RequestKind.LINK_ACCOUNT: RequestView(
        lambda vendor_request: _("Synchronize an account"),
        accounts.linked,
        _account,
        lambda vendor_request: f"sync-{vendor_request.subject_id}",
    ),
    RequestKind.EDIT_ACCOUNT: RequestView(
        lambda vendor_request: _("Save and synchronize an account"), accounts.edited, _account
    ),
    RequestKind.CREATE_ACCOUNT: RequestView(
        lambda vendor_request: _("Create and synchronize an account"),
        accounts.created,
        lambda vendor_request: url_for("accounts.index"),
    ),
}


@bp.get("/<int:request_id>")
@signed_in
def show(request_id):
    """Open to every signed-in person, because the right depends on the kind of request; `follow` checks it."""
    return request_page.follow(request_id, REQUEST_VIEWS)
