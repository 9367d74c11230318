"""A code that nobody verified: its asset's page leads to where it is replaced or withdrawn."""

import pytest

from portal.models import Asset, Coupon

pytestmark = pytest.mark.sqlite  # what is done is proved on both in tests/services: once is enough

TYPED, RIGHT = "SBX-TYPED-0009", "SBX-RIGHT-0001"


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def unverified(world):
    asset = world.asset("synchronized", code=TYPED)
    with world.transaction():
        coupon = Coupon.query.filter_by(asset_id=asset.id).one()
        coupon.is_verified, coupon.confirmed_at = False, None
    return asset


def standing(world, asset: Asset) -> list[tuple[str, str]]:
    with world.transaction():
        rows = Coupon.query.filter_by(asset_id=asset.id).order_by(Coupon.id)
        return [(row.mask, row.standing.value) for row in rows]


def test_an_unverified_code_is_replaced_after_both_were_seen(world, dana, sandbox, unverified):
    held = {"Quantity": 25, "OrganizationId": world.partner.organization_id, "ExternalReference": "before"}
    sandbox.control.put_coupons([{"Code": RIGHT} | held])
    page = dana.open("bss.assets.show", asset_id=unverified.id)
    assert "worth money" not in page.text
    page = dana.press(page, "Correct the code…")
    seen = dana.ask(page, "Check the code", code=RIGHT, reason="The paper says so")
    assert (seen.facts["Recorded now, unverified"], seen.facts["In place of it"]) == (
        "Masked, ends in •••• 0009",
        "Masked, ends in •••• 0001",
    )
    done = dana.ask(seen, "Replace the code")
    assert "The code was replaced" in done.flash
    assert standing(world, unverified) == [("0009", "withdrawn"), ("0001", "recorded")]
    for said in ("Code withdrawn", "The paper says so", "worth money"):
        assert said in done.text
    assert "Correct the code" not in done.text


def test_an_unverified_code_is_withdrawn_with_a_reason(world, dana, unverified):
    page = dana.open("bss.assets.withdraw", asset_id=unverified.id)
    assert dana.submit(page, "Withdraw the code").errors == ["Give a reason; it is recorded."]
    done = dana.submit(page, "Withdraw the code", reason="Nobody issued it")
    assert (done.badge, standing(world, unverified)) == ("Needs review", [("0009", "withdrawn")])
    assert "0009" in done.text  # for the staff, in the changes


def test_a_mistyped_code_says_so_beside_the_field(dana, unverified):
    page = dana.open("bss.assets.replace", asset_id=unverified.id)
    refused = dana.ask(page, "Check the code", code="SBX-NOBODY-0001", reason="Typed")
    assert (refused.status, refused.errors) == (
        422,
        ["BitTitan knows no such code. Compare it with where it comes from."],
    )


def test_a_code_of_another_asset_leads_there(world, dana, sandbox):
    owner, asset = world.asset("unconfirmed"), world.asset()
    held = {"Quantity": 25, "OrganizationId": world.partner.organization_id, "ExternalReference": owner.reference}
    sandbox.control.put_coupons([{"Code": RIGHT} | held])
    page = dana.open("bss.assets.attach", asset_id=asset.id)
    refused = dana.ask(page, "Check the code", code=RIGHT, reason="Found it")
    assert refused.status == 422
    assert dana.press(refused, f"Open AS-{owner.id}").h1 == owner.name
    page = dana.open("bss.assets.review", asset_id=world.asset("review").id)
    refused = dana.ask(page, "Check the code", code=RIGHT, reason="Found it")
    assert (refused.status, f"Open AS-{owner.id}" in refused.links) == (422, True)


def test_nothing_is_offered_where_bittitan_verified_the_code(world, dana):
    asset = world.asset("synchronized")
    assert "Correct the code" not in dana.open("bss.assets.show", asset_id=asset.id).text
    for act in ("replace", "withdraw"):
        assert "has verified the code" in dana.open(f"bss.assets.{act}", asset_id=asset.id).text


def test_who_only_looks_is_offered_nothing(browse, unverified):
    assert "Correct the code" not in browse("vera").open("bss.assets.show", asset_id=unverified.id).text
