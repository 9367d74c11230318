"""What partners and customers see. For the distributor's staff it does not exist."""

from flask import Blueprint

from portal.models import AccountKind
from portal.web.security.guards import only

area = Blueprint("storefront", __name__, url_prefix="/storefront")
area.before_request(only(AccountKind.PARTNER, AccountKind.CUSTOMER))
