"""The blueprint of the Storefront. Only partners and customers may open it; staff get 404."""

from flask import Blueprint

from portal.models import AccountKind
from portal.web.security.guards import only

area = Blueprint("storefront", __name__, url_prefix="/storefront")
area.before_request(only(AccountKind.PARTNER, AccountKind.CUSTOMER))
