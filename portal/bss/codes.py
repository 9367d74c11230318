"""The coupon code of one asset, shown on request and recorded each time."""

from flask import redirect, url_for
from flask_login import current_user

from portal.bss.answers import article
from portal.bss.assets import bp
from portal.models import Asset, Right
from portal.services import access, asset_history, assets
from portal.web.fragments import render_partial, wants_fragment
from portal.web.guards import requires


@bp.post("/<int:asset_id>/reveals")
@requires(Right.REVEAL_CODES)
def reveal(asset_id):
    asset = access.visible_asset(current_user, asset_id)
    code = assets.reveal(asset, by=current_user)
    return _panel(asset, code) if wants_fragment() else article(asset, code=code)


@bp.post("/<int:asset_id>/hides")
@requires(Right.REVEAL_CODES)
def hide(asset_id):
    asset = access.visible_asset(current_user, asset_id)
    return _panel(asset, None) if wants_fragment() else redirect(url_for(".show", asset_id=asset_id), code=303)


def _panel(asset: Asset, code: str | None) -> str:
    return render_partial("assets/_code.html", asset=asset, code=code, history=asset_history.of(asset))
