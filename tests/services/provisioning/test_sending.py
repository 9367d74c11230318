"""One send and what its answer leads to, judged by the sandbox's journal."""

import json
from datetime import timedelta

import pytest

from portal.models import Attempt
from tests.sandbox_process import MAILBOX_LICENSE

REFUSALS = (
    "InvalidRequest", "AccountNotLinked", "CreditLimitExceeded", "Forbidden", "ProductSkuNotFound", "CouponRedeemed",
    "QuantityOutOfRange", "ExpireDaysOutOfRange", "ValidationFailed",
)  # fmt: skip
UNKNOWN_DONE = {
    "reset": ("drop_after", {"reset": True}),
    "closed": ("drop_after", {}),
    "500": ("fail_after", {"code": "InternalError"}),
    "503 that is no maintenance": ("fail_after", {"code": "InternalError", "status": 503}),
    "RequestInProgress": ("fail_after", {"code": "RequestInProgress"}),
    "ReferenceReused": ("fail_after", {"code": "ReferenceReused"}),
    "408": ("fail_after", {"code": "InternalError", "status": 408}),
    "redirect 302": ("redirect", {"status": 302, "commit": True}),
    "redirect 307": ("redirect", {"status": 307, "commit": True}),
    "html 403": ("html", {"status": 403, "commit": True}),
    "html 404": ("html", {"status": 404, "commit": True}),
    "html 500": ("html", {"status": 500, "commit": True}),
    "html 200": ("html", {"status": 200, "commit": True}),
    "truncated": ("truncate", {"framing": "length"}),
    "truncated without a length": ("truncate", {"framing": "close"}),
    "truncated chunk": ("truncate", {"framing": "chunked"}),
    "oversized": ("oversized", {}),
    "gzip": ("gzip", {"size": 1_000_000}),
    "wrong quantity": ("lie", {"fields": {"Quantity": 24}}),
    "wrong SKU": ("lie", {"fields": {"ProductSkuId": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b02"}}),
    "wrong reference": ("lie", {"fields": {"ExternalReference": "mrd-somebody-elses-reference"}}),
    "wrong organisation": ("lie", {"fields": {"OrganizationId": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bff"}}),
    "expires too early": ("lie", {"fields": {"ExpireDate": "2026-01-01T00:00:00Z"}}),
    "created at the end of days": ("lie", {"fields": {"Created": "9999-12-31T23:59:59Z"}}),
    "code with a space": ("lie", {"fields": {"Code": "SBX AAAA"}}),
    "code with NUL": ("lie", {"fields": {"Code": "SBX\u0000AAAA"}}),
    "no code": ("lie", {"without": ["Code"]}),
    "array": ("answer", {"status": 201, "body": "[]"}),
    "deep nesting": ("answer", {"status": 201, "body": '{"Code":' + "[" * 30000}),
}  # fmt: skip


def test_an_order_buys_one_coupon_as_asked(shop, work, sandbox):
    asset_id = shop.order(quantity=40)

    work.drain()

    (coupon,) = sandbox.control.coupons()
    asset = shop.asset(asset_id)
    assert len(sandbox.control.purchases(asset.reference)) == len(sandbox.control.purchases()) == 1
    assert (coupon["Quantity"], coupon["ProductSkuId"], coupon["Label"]) == (40, MAILBOX_LICENSE, asset.reference)
    assert coupon["OrganizationId"] == shop.world.partner.organization_id
    assert (shop.status(asset_id), shop.code(asset_id), shop.state(asset_id)) == (
        "synchronized",
        coupon["Code"],
        "succeeded",
    )
    assert asset.issued_at.isoformat()[:19] == coupon["Created"][:19]
    assert asset.redeem_by.isoformat() == coupon["ExpireDate"][:10]


def test_what_was_typed_is_written_with_the_coupon_alone(shop, work, sandbox, world):
    asset_id = world.asset().id
    sandbox.control.fault("createCoupon", "refuse", code="CreditLimitExceeded")

    shop.save(asset_id, name="Mailboxes", note="call first", expire_days=100)
    work.drain()
    assert (shop.asset(asset_id).name, shop.attempt(asset_id).staged["name"]) == (world.mailbox.name, "Mailboxes")

    shop.save(asset_id, name="Mailboxes", note="call first", expire_days=100)
    work.drain()
    asset = shop.asset(asset_id)
    assert (asset.name, asset.note, asset.expire_days) == ("Mailboxes", "call first", 100)
    (coupon,) = sandbox.control.coupons()
    assert json.loads(shop.attempt(asset_id).payload)["ExpireDays"] == 100
    assert asset.redeem_by.isoformat() == coupon["ExpireDate"][:10]


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_leaves_the_asset_as_it_was(shop, work, sandbox, world, code):
    asset_id = world.asset().id
    before = _columns(shop.asset(asset_id))
    sandbox.control.fault("createCoupon", "refuse", code=code)

    shop.save(asset_id, name="Other", expire_days=20, validity_days=30, note="x")
    work.drain()

    assert (shop.state(asset_id), shop.attempt(asset_id).cause) == ("refused", code)
    assert _columns(shop.asset(asset_id)) == before
    assert sandbox.control.journal() == []
    assert work.later(700) == 0


@pytest.mark.sqlite  # on PostgreSQL, tests/proof/test_faults.py meets each of them
@pytest.mark.parametrize("kind", UNKNOWN_DONE)
def test_what_may_have_been_carried_out_is_looked_up_and_not_bought_again(shop, work, sandbox, kind):
    fault, details = UNKNOWN_DONE[kind]
    sandbox.control.fault("createCoupon", fault, **({"commit": True} if fault == "answer" else {}) | details)
    asset_id = shop.order()

    work.drain()
    assert (shop.status(asset_id), shop.state(asset_id)) == ("unconfirmed", "unknown")
    assert work.later(7) == 0

    work.later(8)
    (purchase,) = sandbox.control.purchases()
    assert (shop.status(asset_id), shop.code(asset_id)) == ("synchronized", purchase["code"])


def test_an_unreachable_sign_in_is_tried_three_times_and_buys_nothing(shop, work, sandbox):
    _no_sign_in(sandbox)
    asset_id = shop.order()

    work.drain()
    assert (shop.status(asset_id), shop.attempt(asset_id).tries) == ("synchronizing", 1)
    assert work.later(1) == 0
    work.later(4)
    assert work.later(20) == 0
    work.later(10)

    assert (shop.status(asset_id), shop.state(asset_id), shop.attempt(asset_id).tries) == ("failed", "not_sent", 3)
    assert sandbox.control.journal() == []
    sandbox.control.clear_faults()
    shop.press(asset_id)
    work.later(60)
    assert shop.status(asset_id) == "synchronized"
    assert len(sandbox.control.purchases()) == 1


def test_a_passed_deadline_is_not_sent_and_uses_a_try(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "refuse", code="DeadlinePassed")
    asset_id = shop.order()

    work.drain()
    assert (shop.state(asset_id), shop.attempt(asset_id).tries) == ("reserved", 1)
    work.later(5)

    assert shop.status(asset_id) == "synchronized"
    assert len(sandbox.control.purchases()) == 1


def test_a_ticket_that_ran_out_is_renewed_once_with_a_send_number_of_its_own(shop, work, sandbox):
    sandbox.control.expire_tickets()
    asset_id = shop.order()

    work.drain()

    attempt = shop.attempt(asset_id)
    assert (attempt.state.value, attempt.send_number, attempt.tries) == ("succeeded", 2, 0)
    assert len(sandbox.control.purchases()) == 1


def test_every_send_has_its_exchange_and_every_status_its_audit_row(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "drop_after")
    asset_id = shop.order()
    work.drain()
    work.later(15)

    assert [(row.kind.value, row.outcome) for row in shop.exchanges(asset_id)] == [
        ("send", "unknown"),
        ("lookup", "found"),
    ]
    moves = [(row.before, row.after) for row in shop.audit(asset_id) if row.field == "sync_status"]
    assert moves == [
        ("failed", "synchronizing"),
        ("synchronizing", "unconfirmed"),
        ("unconfirmed", "synchronized"),
    ]


def test_the_reference_stays_and_the_payload_is_the_attempts_own(shop, work, sandbox, world):
    asset_id = world.asset().id
    shop.press(asset_id)
    work.drain()
    payloads = [json.loads(row.payload) for row in shop.all(Attempt, Attempt.asset_id == asset_id)]
    assert {each["ExternalReference"] for each in payloads} == {shop.asset(asset_id).reference}
    assert sandbox.control.purchases()[0]["reference"] == shop.asset(asset_id).reference


def test_days_of_the_coupons_own_are_recorded_and_audited(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "lie", fields={"ValidityDays": 30})
    asset_id = shop.order()

    work.drain()

    assert shop.asset(asset_id).validity_days == 30
    assert [(row.before, row.after) for row in shop.audit(asset_id) if row.field == "validity_days"] == [("365", "30")]


def _columns(asset) -> dict:
    left_out = ("version", "attempts_made")
    return {column.key: vars(asset).get(column.key) for column in asset.__table__.columns if column.key not in left_out}


def _no_sign_in(sandbox) -> None:
    sandbox.control.expire_tickets()
    sandbox.control.fault("signIn", "drop_before", times=None)


def test_the_purchase_date_never_moves(shop, work, world):
    asset = world.asset()
    day = asset.purchased_on
    shop.press(asset.id)
    work.drain()
    assert shop.asset(asset.id).purchased_on == day
    assert shop.asset(asset.id).redeem_by > day + timedelta(days=365)


def test_what_a_person_typed_is_on_record_under_the_name(shop, world, work):
    asset_id = world.asset("failed").id
    shop.save(asset_id, name="Typed name")

    work.drain()

    (entry,) = (entry for entry in shop.audit(asset_id) if entry.field == "name")
    assert (entry.after, entry.actor_id, entry.actor) == ("Typed name", world.dana.id, world.dana.name)
