"""The first code of an asset is mailed to who ordered it."""

import pytest
from sqlalchemy import select, update

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Account, Asset, Coupon
from portal.services import provisioning
from portal.services.mail.telling import welcome
from tests.saved import now
from tests.services.mail.conftest import with_mail

CONTACT = "it@brightwood.example"


@pytest.fixture
def contact(world):
    with world.transaction():
        db.session.execute(update(Account).where(Account.id == world.customer.id).values(contact_email=CONTACT))


@pytest.mark.usefixtures("contact")
def test_what_staff_ordered_is_told_to_the_contact_of_the_buyer(post, server, buy):
    asset = buy(post.world.dana)
    post.step()

    ((recipient, mail),) = server.taken
    assert recipient == CONTACT
    assert post.world.code_of(asset) in mail.get_body(("plain",)).get_content()
    assert f"https://portal.example/storefront/billing/assets/{asset.id}" in mail.get_body(("html",)).get_content()
    assert (post.one().asset_id, post.one().account_id) == (asset.id, post.world.customer.id)


@pytest.mark.usefixtures("contact")
@pytest.mark.parametrize(("nick", "is_told"), [("carl", True), ("paula", True), ("cleo", False)])
def test_who_ordered_gets_the_code_if_that_person_may_see_it(post, buy, nick, is_told):
    """Cleo was made a viewer since."""
    person = getattr(post.world, nick)
    buy(person)

    assert post.one().recipient == (person.email if is_told else CONTACT)


def test_without_an_address_the_code_is_recorded_and_nobody_is_told(post, buy):
    with post.world.transaction():
        db.session.execute(update(Account).values(contact_email=None))
    asset = buy(post.world.dana)

    assert post.world.code_of(asset)
    assert post.all() == []


@pytest.mark.usefixtures("contact")
def test_the_code_of_an_imported_asset_is_not_mailed(post, work):
    asset = post.world.asset("failed", imported_at=now())
    with post.app.app_context():
        provisioning.request(asset, version=asset.version, by=post.world.dana)
    work.drain()

    assert post.world.code_of(asset)
    assert post.all() == []


@pytest.mark.usefixtures("contact")
def test_a_setting_mails_a_link_instead_of_the_code(post, server, buy):
    post.app.config["PORTAL"] = with_mail(post.app.config["PORTAL"], sends_codes=False)
    asset = buy(post.world.dana)
    post.step()

    ((_, mail),) = server.taken
    parts = [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]
    assert post.world.code_of(asset) not in "".join(parts)
    assert post.one().coupon_id is None


@pytest.mark.usefixtures("contact")
def test_what_is_rolled_back_is_not_told(post):
    asset = post.world.asset("synchronized")

    def tell_and_fail():
        with post.app.app_context(), transaction():
            coupon = db.session.scalar(select(Coupon).where(Coupon.asset_id == asset.id))
            welcome.tell(db.session.get(Asset, asset.id), coupon, now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tell_and_fail()
    assert post.all() == []
