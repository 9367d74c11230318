"""The views that reveal and hide an asset's coupon code, shared by all areas. Each reveal is recorded."""

from flask import Blueprint
from flask_login import current_user

from portal.core import access
from portal.display.assets.asset_page import AssetPage
from portal.models import Right
from portal.services import assets
from portal.web.security import sessions
from portal.web.security.guards import asks_password, requires


def add_to(bp: Blueprint, page: AssetPage) -> None:
    @bp.post("/<int:asset_id>/reveals")
    @requires(Right.REVEAL_CODES)
    @asks_password(when=sessions.shows_too_many)
    def reveal(asset_id):
        asset = access.visible_asset(current_user, asset_id)
        return page.code(asset, assets.reveal(asset, by=current_user))

    @bp.post("/<int:asset_id>/hides")
    @requires(Right.REVEAL_CODES)
    def hide(asset_id):
        return page.code(access.visible_asset(current_user, asset_id), None)
