"""A code, a ticket and the password stand nowhere but where they belong."""

import json
import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Coupon, CouponStanding
from tests.sandbox_process import PASSWORD

pytestmark = pytest.mark.sqlite

ODD = ('["{code}"]', '{{"code": "{code}"}}', '{{"Coupon": {{"coupon_code": "{code}"}}}}', '"{code}"', "{code}")


def test_a_code_is_in_no_exchange_audit_row_alert_or_log(shop, work, sandbox, caplog):
    caplog.set_level(logging.DEBUG)
    sandbox.control.fault("createCoupon", "drop_after", copies=2)
    lost = shop.order()
    work.drain()
    work.later(15)
    sent = shop.order()
    work.drain()
    sandbox.control.fault("createCoupon", "lie", fields={"Quantity": 1})
    shop.order()
    work.drain()
    assert (shop.status(lost), shop.status(sent)) == ("synchronized", "synchronized")

    codes = [coupon["Code"] for coupon in sandbox.control.coupons()]
    assert len(codes) == 4
    everywhere = caplog.text + _everything_but_coupons(shop)
    assert [code for code in codes if code in everywhere] == []
    assert f'"{PASSWORD}"' not in everywhere
    assert "Ticket " not in everywhere


@pytest.mark.parametrize("shape", ODD)
def test_a_code_in_an_answer_of_another_shape_is_not_kept(shop, work, sandbox, shape):
    body = shape.format(code="SBX-ODD-0001")
    sandbox.control.fault("createCoupon", "answer", status=201, body=body, commit=False)
    asset_id = shop.order()
    work.drain()
    assert shop.status(asset_id) == "unconfirmed"
    assert "SBX-ODD-0001" not in _everything_but_coupons(shop)


SAID = ("{code} is spent.", "Look at {lower}, please.", "It is\n{spaced}.")


@pytest.mark.parametrize("said", SAID)
def test_a_code_in_a_sentence_of_bittitans_is_neither_kept_nor_shown(shop, work, sandbox, browse, caplog, said):
    caplog.set_level(logging.DEBUG)
    kept = shop.order()
    work.drain()
    code = shop.code(kept)
    message = said.format(code=code, lower=code.lower(), spaced=code.replace("-", " "))
    sandbox.control.fault("createCoupon", "refuse", code="CreditLimitExceeded", message=message)
    sandbox.control.fault("createCoupon", "refuse", code=code, status=409, message="See above.")
    refused = [shop.order(), shop.order()]
    work.drain()
    page = "".join(browse("dana").open("bss.assets.show", asset_id=each).text for each in refused)
    everywhere = (caplog.text + _everything_but_coupons(shop) + page).casefold()
    assert [shop.status(each) for each in refused] == ["failed", "failed"]
    assert [each for each in (code, code.replace("-", " "), code[4:]) if each.casefold() in everywhere] == []
    assert "[code removed]" in everywhere


def test_a_code_on_record_is_known_however_it_looks(shop, work, sandbox, world):
    world.asset("synchronized", code="LANTERNOFTHEHARBOUR")
    message = "The coupon LANTERNOFTHEHARBOUR is active, or lantern of the harbour."
    sandbox.control.fault("createCoupon", "refuse", code="Forbidden", message=message)
    asset_id = shop.order()
    work.drain()
    assert shop.attempt(asset_id).message == "The coupon [code removed] is active, or [code removed]."
    assert "LANTERN" not in _everything_but_coupons(shop).upper().replace("LANTERNOFTHEHARBOUR-", "")


def test_an_exchange_keeps_what_helps_to_understand_it(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "refuse", code="CreditLimitExceeded", message="The limit is 500.")
    asset_id = shop.order()
    work.drain()
    (exchange,) = shop.exchanges(asset_id)
    assert "POST /v1/coupons" in exchange.request
    assert shop.asset(asset_id).reference in exchange.request
    assert "CreditLimitExceeded" in exchange.response
    assert "The limit is 500." in exchange.response
    assert (exchange.status, exchange.outcome, exchange.send_number) == (403, "refused", 1)


def test_an_exception_of_the_database_does_not_name_the_code(shop, world):
    asset = world.asset("synchronized", code="SBX-DOUBLE-0001")
    with shop.app.app_context(), pytest.raises(IntegrityError) as failure:
        _record_second(asset)
    assert "SBX-OTHER-0001" not in str(failure.value)


def test_an_issued_coupon_does_not_show_its_code_when_printed(shop, work, sandbox):
    from portal.providers.bittitan.client import BitTitan

    shop.order()
    work.drain()
    (purchase,) = sandbox.control.purchases()
    with shop.app.app_context():
        settings = shop.app.config["PORTAL"]
    answer = BitTitan(settings.bittitan, settings.provisioning).find_coupons(purchase["reference"])
    assert len(answer.coupons) == 1
    assert purchase["code"] not in repr(answer)


def _record_second(asset) -> None:
    with transaction():
        recorded = {"standing": CouponStanding.RECORDED, "recorded_at": asset.created_at}
        db.session.add(Coupon(code="SBX-OTHER-0001", asset_id=asset.id, **recorded))


def _everything_but_coupons(shop) -> str:
    with shop.app.app_context():
        names = [table.name for table in db.metadata.sorted_tables if table.name != "coupons"]
        tables = {name: [list(row) for row in db.session.execute(text(f'SELECT * FROM "{name}"'))] for name in names}
        db.session.rollback()
    return json.dumps(tables, default=str)
