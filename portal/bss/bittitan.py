"""Setup > BitTitan: the connection as it stands; no secrets."""

from flask import Blueprint, render_template

from portal.extensions import settings
from portal.models import Right
from portal.web.guards import requires

bp = Blueprint("bittitan", __name__, url_prefix="/setup/bittitan")


@bp.get("")
@requires(Right.CONFIGURE)
def show():
    return render_template("bss/bittitan/show.html", server=settings().bittitan, uses_sandbox=settings().uses_sandbox)
