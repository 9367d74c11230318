"""What the staff ask of BitTitan on a page, until there is an answer."""

from flask import Blueprint
from flask_babel import lazy_gettext as lazy

from portal.bss import bittitan, provisioning, queue, reconciliation, surplus
from portal.models import RequestKind
from portal.web import asking
from portal.web.addresses import url_for
from portal.web.asking import Door
from portal.web.guards import signed_in

bp = Blueprint("requests", __name__, url_prefix="/requests")

_codes = {"back": lambda asked: url_for("bss.assets.attach", asset_id=asked.subject_id)}

DOORS = {
    RequestKind.CHECK_CODE: Door(lazy("Check a code"), provisioning.checked, **_codes),
    RequestKind.ATTACH_CODE: Door(lazy("Attach a code"), provisioning.attached, **_codes),
    RequestKind.GIVE_COUPON: Door(
        lazy("Attach a coupon"),
        surplus.given,
        back=lambda asked: url_for("bss.surplus.show", coupon_id=asked.subject_id),
    ),
    RequestKind.KEEP_COUPON: Door(
        lazy("Keep a coupon"), reconciliation.kept, back=lambda asked: url_for("bss.reconciliation.index")
    ),
    RequestKind.LINK_PAYER: Door(
        lazy("Save & synchronize"),
        queue.linked,
        back=lambda asked: url_for("bss.group", cause=asked.typed["values"]["cause"]),
    ),
    RequestKind.CONNECT: Door(
        lazy("Connect again"), bittitan.connected, back=lambda asked: url_for("bss.bittitan.show")
    ),
}


@bp.get("/<int:request_id>")
@signed_in
def show(request_id):
    """Which right it takes depends on what was asked."""
    return asking.follow(request_id, DOORS)
