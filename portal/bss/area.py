"""The blueprint of the distributor's back office. Everybody else gets 404."""

from flask import Blueprint

from portal.models import AccountKind
from portal.web.security.guards import only

area = Blueprint("bss", __name__, url_prefix="/bss")
area.before_request(only(AccountKind.DISTRIBUTOR))
