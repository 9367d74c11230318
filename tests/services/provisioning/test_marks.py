"""Reference, Id and code of a coupon disagree, come later, or were false the first time: docs/coupons.md has the table.

What is true in the end is what the sandbox holds, whatever it answered.
"""

import pytest

from portal.models import AttemptState, Coupon, CouponStanding, SyncStatus
from tests.services.reconciliation.conftest import desk  # noqa: F401  the same desk

MASKED = {"Code": "SBX-****-****-****-QQQQ"}
PENDING = {"Code": "PENDING"}
FALSE_ID = {"Id": "00000000-0000-4000-8000-00000000000f"}
OTHER_SKU = {"ProductSkuId": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b02"}
OTHER_PAYER = {"OrganizationId": "00000000-0000-4000-8000-00000000000e"}
OTHER_END = {"ExpireDate": "2031-01-01T00:00:00Z"}
SEARCHABLE, IDEMPOTENT, BLIND = ({"BITTITAN_SERVER": kind} for kind in ("searchable", "idempotent", "blind"))
LOOKED_UP = (SEARCHABLE, IDEMPOTENT)
LATER = (15, 61, 601, 61, 61)


@pytest.fixture
def order(shop, work, sandbox):
    """Places an order whose answer is bent so; returns the asset's id."""

    def place(**fields) -> int:
        asset_id = shop.order()
        if fields:
            sandbox.control.fault("createCoupon", "lie", shop.asset(asset_id).reference, fields=fields)
        work.drain()
        return asset_id

    return place


@pytest.fixture
def later(work):
    """All that BitTitan is asked in the next minutes."""

    def pass_by() -> None:
        for seconds in LATER:
            work.confirm(seconds)

    return pass_by


def issued(shop, sandbox, asset_id: int) -> dict:
    """The one coupon that BitTitan holds for the asset."""
    (coupon,) = sandbox.control.coupons(shop.asset(asset_id).reference)
    return coupon


def row(shop, code: str) -> Coupon:
    return shop.all(Coupon, Coupon.code == code)[0]


def is_right(shop, sandbox, asset_id: int) -> bool:
    """Synchronized with the code and the Id that BitTitan holds, which are confirmed."""
    held = issued(shop, sandbox, asset_id)
    kept = row(shop, held["Code"])
    is_its = (kept.asset_id, kept.standing, kept.bittitan_id) == (asset_id, CouponStanding.RECORDED, held["Id"])
    return is_its and kept.is_confirmed and shop.status(asset_id) == "synchronized"


def test_the_first_look_after_a_purchase_confirms_it(shop, work, sandbox, order):
    asset_id = order()
    kept = row(shop, shop.code(asset_id))
    assert (kept.is_confirmed, kept.is_being_confirmed) == (False, True)

    work.confirm()

    kept = row(shop, shop.code(asset_id))
    assert (kept.is_confirmed, kept.is_being_confirmed) == (True, False)
    assert shop.alerts("code") == []


def test_many_are_confirmed_from_one_list(shop, work, sandbox, order):
    ids = [shop.order() for _ in range(25)]
    work.drain()
    sandbox.control.fault("getCoupon", "refuse", code="InternalError", times=None)
    searched = len(sandbox.control.used_faults())
    sandbox.control.fault("searchCoupons", "answer", shop.asset(ids[0]).reference, status=500, commit=False)

    work.confirm()

    assert {row(shop, shop.code(each)).is_confirmed for each in ids} == {True}
    assert len(sandbox.control.used_faults()) == searched, "no coupon was asked for by itself"


@pytest.mark.parametrize("server", [SEARCHABLE, IDEMPOTENT, BLIND])
def test_a_coupon_is_confirmed_on_every_kind_of_server(shop, work, order, server):
    asset_id = order()
    work.confirm()
    assert row(shop, shop.code(asset_id)).is_confirmed


@pytest.mark.parametrize("server", LOOKED_UP)
@pytest.mark.parametrize("unlike", [{"Quantity": 3}, OTHER_SKU, OTHER_PAYER, OTHER_END])
def test_an_answer_that_contradicts_itself_is_settled_by_the_look(shop, work, sandbox, order, later, server, unlike):
    asset_id = order(**MASKED, **unlike)
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("unconfirmed", ["review"])

    later()

    assert is_right(shop, sandbox, asset_id)
    assert row(shop, MASKED["Code"]).standing is CouponStanding.WITHDRAWN
    assert len(sandbox.control.purchases()) == 1


@pytest.mark.parametrize("server", [BLIND])
@pytest.mark.parametrize("unlike", [{"Quantity": 3}, {}])
def test_on_a_blind_server_a_person_attaches_the_right_code(shop, work, sandbox, order, later, server, unlike):
    asset_id = order(**MASKED, **unlike)
    later()
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("review", ["review"])

    shop.attach(asset_id, issued(shop, sandbox, asset_id)["Code"])

    assert is_right(shop, sandbox, asset_id)
    assert row(shop, MASKED["Code"]).standing is CouponStanding.WITHDRAWN


@pytest.mark.parametrize("server", LOOKED_UP)
@pytest.mark.parametrize("false", [MASKED, PENDING, FALSE_ID, MASKED | FALSE_ID], ids=str)
def test_a_false_code_or_id_is_replaced_by_what_bittitan_lists(shop, work, sandbox, order, later, server, false):
    asset_id = order(**false)
    assert shop.status(asset_id) == "synchronized"

    work.confirm()
    later()

    assert is_right(shop, sandbox, asset_id)
    if "Code" in false:
        assert row(shop, false["Code"]).standing is CouponStanding.WITHDRAWN
        assert len(shop.alerts("code")) == 1
    assert len(sandbox.control.purchases()) == 1


def test_a_false_code_is_replaced_on_record(shop, work, sandbox, order):
    asset_id = order(**PENDING)
    sandbox.control.fault("searchCoupons", "lie_search", times=1)  # its Id tells all the same

    work.confirm()

    assert is_right(shop, sandbox, asset_id)
    statuses = [(entry.act, entry.after) for entry in shop.audit(asset_id) if entry.field == "sync_status"]
    assert statuses[-2:] == [("confirm", "unconfirmed"), ("sync", "synchronized")]
    assert "withdraw" in [entry.act for entry in shop.audit(asset_id)]


def test_a_false_code_that_came_late_is_looked_up_and_never_called_failed(shop, work, sandbox, order):
    """The attempt that it answers had been given up: the newest one was never sent, or ended otherwise."""
    asset_id = order(**PENDING)
    shop.world.edit(shop.attempt(asset_id), state=AttemptState.NOT_EXECUTED)

    work.confirm()

    assert is_right(shop, sandbox, asset_id)
    assert "failed" not in [entry.after for entry in shop.audit(asset_id)]


def test_a_purchase_that_was_answered_and_never_made_is_for_a_person(shop, work, sandbox, order):
    asset_id = order()
    made = issued(shop, sandbox, asset_id)
    other = shop.order()
    body = made | {
        "Code": "SBX-NEVER-MADE-0001",
        "Id": FALSE_ID["Id"],
        "ExternalReference": shop.asset(other).reference,
    }
    body = str(body).replace("'", '"').replace("None", "null")
    sandbox.control.fault(
        "createCoupon", "answer", shop.asset(other).reference, status=201, body=body, commit=False
    )  # fmt: skip
    work.drain()
    assert shop.status(other) == "synchronized"

    for seconds in (*LATER, 901, 61, 61):
        work.confirm(seconds)

    assert (shop.status(other), shop.code(other), shop.standings(other)) == ("review", None, ["review"])


@pytest.mark.parametrize("server", LOOKED_UP)
@pytest.mark.parametrize("mark", ["Code", "Id", "both"])
@pytest.mark.parametrize("first", ["the loser", "the owner"])
def test_marks_of_another_asset_go_to_that_asset(shop, work, sandbox, order, server, mark, first):
    """A's answer is lost; B's answer carries A's code or Id. Whoever is looked up first, both end with their own."""
    owner = shop.order()
    sandbox.control.fault("createCoupon", "drop_after", shop.asset(owner).reference)
    work.drain()
    held = issued(shop, sandbox, owner)
    taken = {name: held[name] for name in (("Code", "Id") if mark == "both" else (mark,))}
    loser = order(**taken)
    assert (shop.status(owner), shop.status(loser)) == ("unconfirmed", "synchronized")

    if first == "the loser":
        work.confirm()
    else:
        work.later(15)
    for seconds in LATER:
        work.confirm(seconds)

    assert is_right(shop, sandbox, owner)
    assert is_right(shop, sandbox, loser)
    assert len(sandbox.control.purchases()) == 2


def test_where_two_claims_meet_nobody_sees_the_code_until_a_look_has_decided(shop, work, sandbox, order):
    owner = shop.order()
    sandbox.control.fault("createCoupon", "drop_after", shop.asset(owner).reference)
    work.drain()
    held = issued(shop, sandbox, owner)
    loser = order(Code=held["Code"])
    sandbox.control.fault("searchCoupons", "html", shop.asset(loser).reference, times=None)
    assert shop.code(loser) == held["Code"]

    work.confirm(15)

    assert (shop.status(loser), shop.code(loser)) == ("unconfirmed", None)


@pytest.mark.parametrize("server", [BLIND])
def test_on_a_blind_server_the_check_tells_whose_code_it_is(shop, work, sandbox, order, server):
    owner = shop.order()
    sandbox.control.fault("createCoupon", "drop_after", shop.asset(owner).reference)
    work.drain()
    assert shop.status(owner) == "review"
    held = issued(shop, sandbox, owner)
    loser = order(Code=held["Code"], Id=held["Id"])

    work.confirm()

    assert is_right(shop, sandbox, owner)
    assert (shop.status(loser), shop.code(loser)) == ("review", None)
    shop.attach(loser, issued(shop, sandbox, loser)["Code"])
    assert is_right(shop, sandbox, loser)


def test_an_answer_with_a_confirmed_code_of_another_changes_nothing_there(shop, work, sandbox, order, later):
    owner = order()
    work.confirm()
    held = issued(shop, sandbox, owner)

    other = order(Code=held["Code"], Id=held["Id"])

    assert (shop.code(owner), shop.status(other)) == (held["Code"], "unconfirmed")
    later()
    assert is_right(shop, sandbox, owner)
    assert is_right(shop, sandbox, other)


def test_an_answer_under_another_reference_is_kept_and_found_again(shop, work, sandbox, order, later):
    asset_id = order(ExternalReference="somebody-elses-reference-1")
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("unconfirmed", ["review"])
    later()
    assert is_right(shop, sandbox, asset_id)


def test_one_code_under_two_references_is_for_a_person(shop, work, sandbox, order, lost):
    """BitTitan contradicts itself: the confirmed code stays where it is."""
    owner = order()
    work.confirm()
    held = issued(shop, sandbox, owner)
    fields = {"ExternalReference": shop.asset(lost).reference, "Code": held["Code"], "Id": held["Id"]}
    made = shop.asset(lost)
    sandbox.control.put_coupons(
        [{"Code": "SBX-TWIN-0001", "ExternalReference": made.reference, "OrganizationId": held["OrganizationId"],
          "Quantity": made.quantity}]
    )  # fmt: skip
    sandbox.control.fault("searchCoupons", "lie", made.reference, times=None, fields=fields)

    work.later(15)

    assert (shop.status(lost), shop.attempt(lost).cause) == ("review", "CodeKnown")
    assert shop.code(owner) == held["Code"]
    assert len(shop.alerts("review")) == 1


def test_one_id_with_two_codes_keeps_both(shop, work, sandbox, order, lost):
    """BitTitan contradicts itself: no code is lost, and a person is told."""
    owner = order()
    work.confirm()
    held, made = issued(shop, sandbox, owner), shop.asset(lost)
    sandbox.control.put_coupons(
        [{"Code": "SBX-TWIN-0001", "ExternalReference": made.reference, "OrganizationId": held["OrganizationId"],
          "Quantity": made.quantity}]
    )  # fmt: skip
    sandbox.control.fault("searchCoupons", "lie", made.reference, times=None, fields={"Id": held["Id"]})

    work.later(15)

    assert (shop.code(owner), shop.code(lost)) == (held["Code"], "SBX-TWIN-0001")
    assert (row(shop, held["Code"]).bittitan_id, row(shop, "SBX-TWIN-0001").bittitan_id) == (held["Id"], None)
    assert len(shop.alerts("code")) == 1


@pytest.mark.parametrize("server", [SEARCHABLE, IDEMPOTENT, BLIND])
@pytest.mark.parametrize("status", ["Revoked", "Redeemed", "Expired", "revoked"])
def test_a_coupon_that_is_spent_when_it_is_issued_is_not_as_asked(shop, order, server, status):
    asset_id = order(Status=status)
    wanted = "review" if server == BLIND else "unconfirmed"
    assert (shop.status(asset_id), shop.standings(asset_id)) == (wanted, ["review"])


def test_a_word_that_the_contract_does_not_know_is_no_fault(shop, order):
    assert shop.status(order(Status="Reserved")) == "synchronized"


def test_a_coupon_that_was_redeemed_before_the_first_look_is_confirmed_by_its_id(shop, work, sandbox, order):
    asset_id = order()
    sandbox.control.redeem(shop.code(asset_id))

    work.confirm()

    kept = row(shop, shop.code(asset_id))
    assert (kept.is_confirmed, kept.status, shop.status(asset_id)) == (True, "Redeemed", "synchronized")


def test_no_answer_confirms_nothing_and_hides_nothing(shop, work, sandbox, order):
    asset_id = order()
    sandbox.control.fault("*", "html", times=None)
    work.confirm()
    kept = row(shop, shop.code(asset_id))
    assert (kept.is_being_confirmed, shop.status(asset_id)) == (True, "synchronized")

    sandbox.control.clear_faults()
    work.confirm(61)
    assert row(shop, shop.code(asset_id)).is_confirmed


def test_the_daily_comparison_compares_codes(shop, work, sandbox, order, desk, later):  # noqa: F811
    asset_id = order(**PENDING)

    run = desk.clear()

    assert [finding["kind"] for finding in run.findings] == ["differs"]
    assert len(shop.alerts("clearing")) == 1
    later()
    assert is_right(shop, sandbox, asset_id)
    assert desk.clear().is_well


def test_the_comparison_names_a_confirmed_code_that_bittitan_lists_otherwise(shop, work, sandbox, order, desk):  # noqa: F811
    asset_id = order()
    work.confirm()
    code = shop.code(asset_id)
    sandbox.control.fault("searchCoupons", "lie", times=None, fields={"Code": "SBX-ANOTHER-0001"})

    run = desk.clear()

    assert [finding["kind"] for finding in run.findings] == ["differs"]
    assert (shop.code(asset_id), shop.status(asset_id)) == (code, SyncStatus.SYNCHRONIZED.value)


def test_the_database_keeps_a_confirmed_code_with_its_asset(shop, work, order):
    asset_id = order()
    work.confirm()
    kept = row(shop, shop.code(asset_id))
    with pytest.raises(Exception, match="stays with its asset"):
        shop.world.edit(kept, standing=CouponStanding.WITHDRAWN)


@pytest.mark.parametrize("is_imported", [True, False])
def test_an_unverified_code_goes_to_the_asset_it_was_issued_for(shop, work, sandbox, world, answer_lost, is_imported):
    """Nobody could ask BitTitan about it when it was given; now it lists the code for another asset."""
    held = issued(shop, sandbox, answer_lost)
    if is_imported:
        given = world.asset("synchronized", code=held["Code"], attempts=0)
    else:
        given = world.asset("synchronized", code=held["Code"], attempt={"state": AttemptState.REFUSED})
    kept = row(shop, held["Code"])
    world.edit(kept, is_verified=False, confirmed_at=None, bittitan_id=None, reference=None)

    for seconds in LATER:
        work.confirm(seconds)

    assert is_right(shop, sandbox, answer_lost)
    assert (shop.status(given.id), shop.code(given.id)) == ("failed", None)
    assert len(shop.alerts("code")) == 1
