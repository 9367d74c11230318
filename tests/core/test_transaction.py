"""What is left in the session when a transaction is rolled back: a page about the refusal is drawn with it."""

import pytest
from sqlalchemy import select

from portal.core import access, errors
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Account, Asset, Coupon


@pytest.fixture
def refused(world, app):
    """An asset as a view has it, after its transaction changed it and was refused."""
    asset_id = world.asset("synchronized", name="Before").id
    with app.app_context():
        asset = access.visible_asset(db.session.get_one(type(world.dana), world.dana.id), asset_id)
        with pytest.raises(errors.Conflict):
            _change(asset_id)
        yield asset


def _change(asset_id: int) -> None:
    with transaction():
        row = lock(Asset, asset_id)
        row.name, row.version = "Changed", 2
        db.session.flush()
        raise errors.Conflict("No.")


def test_rows_that_were_loaded_keep_what_they_held(refused):
    assert (refused.name, refused.version) == ("Before", 1)
    assert (refused.product.name, refused.account.name) == ("BitTitan Mailbox License", "Brightwood Dental")
    assert refused.coupon.is_verified
    assert refused.last_attempt.number == 1


def test_what_is_asked_again_is_read_anew(refused):
    """Without a word from whoever asks: somebody was faster, and this is what the page has to show."""
    change = Asset.__table__.update().where(Asset.id == refused.id).values(name="Somebody’s", version=7)
    with db.engine.connect().execution_options(portal_writes=True) as other:
        other.execute(change)
        other.commit()
    found = db.session.scalar(select(Asset).where(Asset.id == refused.id))
    assert (found.name, found.version) == ("Somebody’s", 7)


def test_nothing_of_a_refused_unit_is_written_by_the_next(refused):
    with transaction():
        lock(Account, refused.account_id)
    assert db.session.scalar(select(Asset.name).where(Asset.id == refused.id)) == "Before"
    assert db.session.scalars(select(Coupon)).one().asset_id == refused.id
