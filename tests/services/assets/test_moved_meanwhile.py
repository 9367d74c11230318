"""What a partner does with an asset whose account went to another partner between the look and the act."""

import pytest
from sqlalchemy import select

from portal.core import access
from portal.core.errors import NotVisible
from portal.extensions import db
from portal.models import Asset, AssetRequest, AuditEntry, Throttle
from portal.services import asset_requests, assets, limits

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def lost(world):
    """An asset as paula loaded it, just before its account moved."""

    def look(status: str) -> Asset:
        asset = access.visible_asset(world.paula, world.asset(status).id)
        world.edit(world.customer, parent_id=world.rival.id, branch_id=world.rival.id)
        return asset

    return look


def test_its_code_is_not_shown(world, lost):
    asset = lost("synchronized")
    with pytest.raises(NotVisible):
        assets.reveal(asset, by=world.paula)
    assert db.session.scalar(select(AuditEntry.id).where(AuditEntry.act == "reveal")) is None
    spent = select(Throttle.hits).where(Throttle.key.startswith(f"limit/{limits.REVEALED.name}"), Throttle.hits > 0)
    assert db.session.scalars(spent).all() == []


def test_it_is_not_renamed(world, lost):
    asset = lost("synchronized")
    with pytest.raises(NotVisible):
        assets.rename(asset, version=asset.version, by=world.paula, name="Ours")
    assert world.reload(asset).name != "Ours"


def test_nobody_is_asked_about_it(world, lost):
    asset = lost("failed")
    with pytest.raises(NotVisible):
        asset_requests.ask(asset, words="Please", by=world.paula)
    assert db.session.scalar(select(AssetRequest.id)) is None


def test_the_new_partner_does_all_that(world, lost):
    asset = lost("synchronized")
    mine = access.visible_asset(world.rita, asset.id)
    assert assets.reveal(mine, by=world.rita) == world.code_of(asset)
    assets.rename(mine, version=mine.version, by=world.rita, name="Ours")
    assert world.reload(asset).name == "Ours"
