"""A code that nobody verified, and that is wrong: it is replaced or withdrawn, and both stay on record."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.core import access, errors
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Coupon, CouponStanding, RowResult
from portal.services import imports
from portal.services.assets import corrections
from portal.services.pasted_codes import asset_with_code
from tests import files
from tests.services.shop import at_once

pytestmark = pytest.mark.sqlite

WRONG, RIGHT, OTHER = "SBX-MISTYPED-1", "SBX-RIGHT-0001", "SBX-OTHER-0001"
WHY = "The paper says something else."


@pytest.fixture
def attached(shop, sandbox, world):
    """A failed asset to which a mistyped code was attached while BitTitan could not be asked."""

    def attach(asset_id: int | None = None, code: str = WRONG) -> int:
        asset_id = asset_id or world.asset().id
        sandbox.control.fault("checkCoupons", "html", times=None)
        shop.attach(asset_id, code, unverified=True)
        sandbox.control.clear_faults()
        assert (shop.status(asset_id), row(shop, code).is_verified) == ("synchronized", False)
        return asset_id

    return attach


@pytest.fixture
def imported(shop, world):
    """An asset whose code came with a file."""
    with shop.app.app_context():
        files.apply(world, files.bring(world, files.written([files.asset(1)])))
    (coupon,) = shop.all(Coupon)
    return coupon.asset_id, coupon.code


def row(shop, code: str) -> Coupon:
    return shop.all(Coupon, Coupon.code == code)[0]


def withdraw(shop, asset_id: int, **more):
    return shop.act(asset_id, corrections.withdraw, reason=WHY, **more)


def exchange(shop, asset_id: int, code: str = RIGHT, **more):
    return shop.act(asset_id, corrections.replace, code=code, reason=WHY, **more)


def test_a_withdrawn_code_leaves_a_failed_asset_that_can_be_bought_for(shop, work, sandbox, attached):
    asset_id = attached()
    withdraw(shop, asset_id)
    assert (shop.status(asset_id), shop.code(asset_id), shop.standings(asset_id)) == ("failed", None, ["withdrawn"])
    told = [(each.act, each.field, each.before, each.why) for each in shop.audit(asset_id) if each.act == "withdraw"]
    assert told == [("withdraw", "code", "•••• ED-1", WHY), ("withdraw", "sync_status", "synchronized", WHY)]

    shop.press(asset_id)
    work.drain()
    assert (shop.status(asset_id), len(sandbox.control.purchases())) == ("synchronized", 1)
    assert sorted(shop.standings(asset_id)) == ["recorded", "withdrawn"]


def test_of_what_nobody_knows_a_withdrawal_leaves_a_review_with_a_way_out(shop, imported):
    asset_id, code = imported
    withdraw(shop, asset_id)
    assert (shop.status(asset_id), row(shop, code).standing.value) == ("review", "withdrawn")
    assert [each.asset_id for each in shop.alerts("review")] == [asset_id]
    shop.attest(asset_id)
    assert (shop.status(asset_id), shop.asset(asset_id).asks_if_bought) == ("failed", True)
    shop.cancel(asset_id)
    assert not shop.asset(asset_id).is_active


def test_the_right_code_is_attached_in_such_a_review_for_nothing_was_sent(shop, imported, issue):
    asset_id, _ = imported
    withdraw(shop, asset_id)
    issue(asset_id, RIGHT, ExternalReference="before there was a portal")
    shop.attach(asset_id, RIGHT)
    assert (shop.status(asset_id), shop.code(asset_id)) == ("synchronized", RIGHT)


def test_a_code_is_replaced_in_one_step_with_the_dates_of_the_right_one(shop, attached, issue):
    asset_id = attached()
    version = shop.asset(asset_id).version
    issue(asset_id, RIGHT, ExpireDate="2030-05-01T12:00:00Z")
    exchange(shop, asset_id)
    asset = shop.asset(asset_id)
    assert (asset.sync_status.value, shop.code(asset_id), asset.version) == ("synchronized", RIGHT, version + 1)
    assert asset.redeem_by.isoformat() == "2030-05-01"
    assert (row(shop, RIGHT).is_verified, row(shop, WRONG).standing) == (True, CouponStanding.WITHDRAWN)


def test_what_does_not_fit_replaces_nothing(shop, world, attached, issue):
    asset_id, owner = attached(), world.asset()
    issue(asset_id, RIGHT, Quantity=24)
    issue(owner.id, OTHER, ExternalReference=owner.reference)
    for code in (RIGHT, OTHER, WRONG, "NOBODY-KNOWS"):
        with pytest.raises(errors.InvalidInput):
            exchange(shop, asset_id, code, unverified=True)
    assert (shop.code(asset_id), shop.standings(asset_id)) == (WRONG, ["recorded"])


@pytest.mark.parametrize("act", [withdraw, exchange])
def test_a_verified_code_is_neither_replaced_nor_withdrawn(shop, world, issue, act):
    asset = world.asset("synchronized", code=OTHER)
    issue(asset.id, RIGHT)
    with pytest.raises(errors.Conflict, match="verified"):
        act(shop, asset.id)
    assert (shop.status(asset.id), shop.code(asset.id)) == ("synchronized", OTHER)


def test_the_database_itself_keeps_a_verified_code_where_it_is(shop, world):
    asset = world.asset("synchronized", code=OTHER)
    for change in ("standing = 'withdrawn'", "standing = 'withdrawn', is_verified = false", "standing = 'surplus'"):
        with shop.app.app_context(), pytest.raises(DBAPIError, match="stays with its asset"), transaction():
            db.session.execute(text(f"UPDATE coupons SET {change} WHERE asset_id = {asset.id}"))
    assert shop.code(asset.id) == OTHER


@pytest.mark.parametrize("act", [withdraw, exchange])
def test_who_saw_an_older_version_corrects_nothing(shop, attached, issue, act):
    asset_id = attached()
    issue(asset_id, RIGHT)
    with pytest.raises(errors.StaleVersion):
        act(shop, asset_id, version=1)
    assert shop.code(asset_id) == WRONG


def test_two_who_correct_at_once_correct_once(shop, attached, issue):
    asset_id = attached()
    issue(asset_id, RIGHT)
    acts = iter((withdraw, exchange))
    version = shop.asset(asset_id).version
    outcomes = at_once(2, lambda: next(acts)(shop, asset_id, version=version))
    refused = [each for each in outcomes if isinstance(each, Exception)]
    assert [isinstance(each, errors.DomainError) for each in refused] == [True]
    assert row(shop, WRONG).standing is CouponStanding.WITHDRAWN


def test_a_withdrawn_code_can_be_typed_where_it_belongs(shop, world, attached, issue):
    asset_id, other = attached(code=RIGHT), world.asset()
    withdraw(shop, asset_id)
    issue(other.id, RIGHT)
    shop.attach(other.id, RIGHT)
    assert (shop.code(other.id), row(shop, RIGHT).is_verified, shop.status(asset_id)) == (RIGHT, True, "failed")


def test_what_bittitan_issued_is_recorded_even_if_it_was_withdrawn(shop, work, answer_lost, sandbox, attached):
    """Its answer was lost, its code was typed at another asset by mistake, and withdrawn there."""
    (purchase,) = sandbox.control.purchases()
    asset_id = attached(code=purchase["code"])
    withdraw(shop, asset_id)
    work.later(16)
    assert (shop.status(answer_lost), shop.code(answer_lost)) == ("synchronized", purchase["code"])
    assert row(shop, purchase["code"]).is_verified


def test_who_looks_for_a_withdrawn_code_finds_nothing(shop, attached):
    asset_id = attached()
    with shop.app.app_context():
        assert asset_with_code(shop.dana, WRONG) == asset_id
    withdraw(shop, asset_id)
    with shop.app.app_context():
        with pytest.raises(errors.InvalidInput):
            asset_with_code(shop.dana, WRONG)
        assert access.visible_asset(shop.dana, asset_id).coupon is None
        if db.engine.dialect.name == "sqlite":
            found = text("SELECT rowid FROM search_codes WHERE search_codes MATCH 'text : \"mistyped\"'")
            assert db.session.scalars(found).all() == []
        assert db.session.scalar(select(Coupon.code)) == WRONG


def test_no_file_brings_a_withdrawn_code_back(shop, world, attached):
    withdraw(shop, attached())
    with shop.app.app_context():
        file = files.bring(world, files.written([files.asset(1, **{"BitTitan's Coupon Code": WRONG})]))
        assert files.counts(file) == (0, 0, 0, 1)
        (line, faults), *_ = imports.findings(file, RowResult.FAULTY, 0)[0]
        assert "withdrawn from AS-" in faults[0][1]


def test_an_unverified_code_is_cancelled_by_way_of_its_withdrawal(shop, attached):
    asset_id = attached()
    with pytest.raises(errors.Conflict, match="Withdraw it first"):
        shop.cancel(asset_id)
    withdraw(shop, asset_id)
    shop.cancel(asset_id)
    assert not shop.asset(asset_id).is_active
