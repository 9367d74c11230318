"""What is asked of BitTitan about an account on a page, until there is an answer."""

from flask import Blueprint
from flask_babel import gettext as _

from portal.accounts import accounts
from portal.display import request_page
from portal.display.request_page import RequestView
from portal.models import RequestKind, VendorRequest
from portal.web.security.guards import signed_in
from portal.web.urls import url_for

bp = Blueprint("requests", __name__, url_prefix="/requests")


def _account(asked: VendorRequest) -> str:
    return url_for("accounts.show", account_id=asked.subject_id)


DOORS = {
    RequestKind.LINK_ACCOUNT: RequestView(
        lambda asked: _("Synchronize an account"), accounts.linked, _account, lambda asked: f"sync-{asked.subject_id}"
    ),
    RequestKind.EDIT_ACCOUNT: RequestView(
        lambda asked: _("Save and synchronize an account"), accounts.edited, _account
    ),
    RequestKind.CREATE_ACCOUNT: RequestView(
        lambda asked: _("Make and synchronize an account"), accounts.created, lambda asked: url_for("accounts.index")
    ),
}


@bp.get("/<int:request_id>")
@signed_in
def show(request_id):
    """Which right it takes depends on what was asked."""
    return request_page.follow(request_id, DOORS)
