"""The surplus register and the alerts, as the staff see them."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Alert, AuditEntry, Coupon
from tests import strays

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def coupon(world, sandbox):
    """In the register, and known at BitTitan."""
    row = world.surplus(world.asset("synchronized"))
    sandbox.control.put_coupons(
        [
            {
                "Code": row.code, "Id": row.bittitan_id, "Quantity": row.quantity, "ExternalReference": row.reference,
                "OrganizationId": row.organization_id,
            }
        ]
    )  # fmt: skip
    return row


def entries(app, world, subject: str) -> list[AuditEntry]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEntry).where(AuditEntry.subject == subject)))


def test_the_register_says_where_each_coupon_came_from(world, dana, coupon):
    (row,) = dana.open("bss.surplus.index").rows
    assert f"•••• {coupon.mask}" in row
    assert f"AS-{coupon.asset_id}" in row
    assert "attempt 1" in row
    assert "Issued in addition to the recorded one" in row
    assert "Decision needed" in row


def test_a_reveal_shows_the_code_and_is_recorded(app, world, dana, coupon):
    page = dana.open("bss.surplus.show", coupon_id=coupon.id)
    assert coupon.code not in page.body
    shown = dana.submit(page, "Reveal")
    assert coupon.code in shown.text
    assert [(entry.act, entry.actor) for entry in entries(app, world, "coupon")] == [("reveal", "Dana Markou")]
    assert coupon.code not in dana.submit(shown, "Hide").body


def test_a_viewer_sees_the_register_and_no_code(browse, coupon):
    page = browse("vera").open("bss.surplus.show", coupon_id=coupon.id)
    assert page.soup.select("main form") == []


@pytest.fixture
def stray(world, sandbox):
    """Of an order that was lost with a restore, and known at BitTitan."""
    row = strays.stray(world)
    sandbox.control.put_coupons(
        [
            {
                "Code": row.code, "Id": row.bittitan_id, "Quantity": row.quantity, "ExternalReference": row.reference,
                "OrganizationId": row.organization_id,
            }
        ]
    )  # fmt: skip
    return row


def test_a_stray_is_revealed_on_record_and_attached_to_the_asset_that_was_brought_back(app, world, dana, stray):
    asset = world.asset(quantity=stray.quantity)
    (row,) = dana.open("bss.surplus.index").rows
    assert "Issued for an order that is not in this portal" in row
    assert "No asset here" in row
    page = dana.open("bss.surplus.show", coupon_id=stray.id)
    assert stray.reference in page.text
    assert stray.code not in page.body
    assert stray.code in dana.submit(page, "Reveal").text
    done = dana.ask(page, "Attach the coupon", asset=f"{asset.id}:{asset.version}", reason="Imported again")
    assert done.badges == ["Attached"]
    assert asset.number in done.text
    assert (world.code_of(asset), world.find(type(asset), asset.id).sync_status.value) == (stray.code, "synchronized")
    assert sorted(entry.act for entry in entries(app, world, "coupon")) == ["move", "reveal"]
    assert dana.open("bss.surplus.index", show="moved").rows


@pytest.mark.parametrize("asset", [2**31, 10**30, -(10**30)])
def test_an_asset_that_there_cannot_be_has_no_surplus(world, dana, coupon, asset):
    page = dana.open("bss.surplus.index", asset=asset)
    assert (page.status, page.rows) == (200, [])


def test_a_stray_is_revoked(world, dana, work, sandbox, stray):
    page = dana.open("bss.surplus.show", coupon_id=stray.id)
    asked = dana.submit(page, "Revoke the coupon", reason="Ordered again meanwhile")
    assert "Being revoked" in asked.badges
    work.drain()
    assert dana.open("bss.surplus.show", coupon_id=stray.id).badges == ["Revoked"]
    assert len(sandbox.control.journal(what="revoked")) == 1


def test_the_code_of_a_stray_is_attached_from_the_register_alone(world, dana, stray):
    asset = world.asset(quantity=stray.quantity)
    page = dana.open("bss.assets.attach", asset_id=asset.id)
    refused = dana.ask(page, code=stray.code, reason="It is the one")
    assert "is in the surplus register" in refused.text


def test_a_coupon_goes_back_to_the_asset_that_it_was_issued_for(world, dana, sandbox):
    """After “not bought” was attested by mistake, say."""
    asset = world.asset()
    row = world.surplus(asset)
    sandbox.control.put_coupons(
        [{"Code": row.code, "Id": row.bittitan_id, "Quantity": row.quantity, "OrganizationId": row.organization_id}]
    )
    page = dana.open("bss.surplus.show", coupon_id=row.id)
    done = dana.ask(page, "Attach the coupon", asset=f"{asset.id}:{asset.version}", reason="It was bought")
    assert (done.status, done.badges) == (200, ["Attached"])
    assert world.code_of(asset) == row.code


@pytest.mark.parametrize("htmx", [False, True])
def test_it_is_revoked_and_the_page_follows(world, dana, work, sandbox, coupon, htmx):
    dana.htmx = htmx
    page = dana.open("bss.surplus.show", coupon_id=coupon.id)
    assert dana.submit(page, "Revoke the coupon").errors == ["Give a reason; it is recorded."]
    asked = dana.submit(page, "Revoke the coupon", reason="Bought twice")
    assert "Being revoked" in asked.badges
    again = dana.submit(page, "Revoke the coupon", reason="Bought twice")
    assert again.status == 409
    work.drain()
    done = dana.poll(asked)
    assert done.badges == ["Revoked"]
    assert "Revoke the coupon" not in done.buttons
    assert len(sandbox.control.journal(what="revoked")) == 1
    assert dana.open("bss.surplus.index").rows == []
    assert "Revoked" in dana.open("bss.surplus.index", show="spent").rows[0]


def test_an_answer_that_is_missing_is_said_and_polled(world, dana, work, sandbox, coupon):
    sandbox.control.fault("revokeCoupon", "drop_before", times=None)
    page = dana.submit(dana.open("bss.surplus.show", coupon_id=coupon.id), "Revoke the coupon", reason="Twice")
    work.drain()
    looked = dana.poll(page)
    assert "BitTitan has not revoked it yet" in looked.text
    assert looked.badges == ["Being revoked"]


def test_a_refusal_is_said_and_leaves_the_other_way_out(world, dana, work, sandbox, coupon):
    sandbox.control.fault("revokeCoupon", "refuse")
    dana.submit(dana.open("bss.surplus.show", coupon_id=coupon.id), "Revoke the coupon", reason="Twice")
    work.drain()
    page = dana.open("bss.surplus.show", coupon_id=coupon.id)
    assert "BitTitan refused to revoke it: not permitted" in page.text
    assert page.badges == ["Decision needed"]
    assert "Revoke the coupon" in page.buttons


def test_a_coupon_without_an_id_says_that_it_cannot_be_revoked_here(world, dana):
    coupon = world.surplus(world.asset("synchronized"), bittitan_id=None)
    page = dana.open("bss.surplus.show", coupon_id=coupon.id)
    assert "cannot be revoked from here" in page.text
    assert "Revoke the coupon" not in page.buttons


@pytest.mark.parametrize("htmx", [False, True])
def test_it_is_attached_to_an_asset_that_it_fits(world, dana, coupon, htmx):
    dana.htmx = htmx
    fits, other = world.asset(name="Needs it"), world.asset(quantity=3, name="Does not fit")
    page = dana.open("bss.surplus.show", coupon_id=coupon.id)
    assert "Needs it" in page.text
    assert other.number not in page.text
    refused = dana.ask(page, "Attach the coupon")
    assert refused.errors == ["Choose the asset that should get it.", "Give a reason; it is recorded."]
    done = dana.ask(page, "Attach the coupon", asset=f"{fits.id}:{fits.version}", reason="The same customer")
    assert done.badges == ["Attached"]
    assert world.code_of(fits) == coupon.code
    assert dana.open("bss.assets.show", asset_id=fits.id).badge == "Synchronized"


def test_an_asset_that_changed_meanwhile_is_not_given_it(world, dana, coupon):
    fits = world.asset()
    page = dana.open("bss.surplus.show", coupon_id=coupon.id)
    world.edit(fits, version=fits.version + 1)
    refused = dana.ask(page, "Attach the coupon", asset=f"{fits.id}:{fits.version}", reason="The same customer")
    assert refused.status == 409
    assert world.code_of(fits) is None


def test_without_an_answer_from_bittitan_nothing_is_attached(world, dana, sandbox, coupon):
    fits = world.asset()
    sandbox.control.fault("checkCoupons", "drop_before", times=None)
    page = dana.open("bss.surplus.show", coupon_id=coupon.id)
    refused = dana.ask(page, "Attach the coupon", asset=f"{fits.id}:{fits.version}", reason="The same customer")
    assert refused.status == 409
    assert "BitTitan could not be asked" in refused.text
    assert refused.value("reason") == "The same customer"


def test_what_is_no_surplus_is_not_there(world, dana):
    asset = world.asset("synchronized")
    recorded = next(each for each in range(1, 50) if (row := world.find(Coupon, each)) and row.asset_id == asset.id)
    assert dana.open("bss.surplus.show", coupon_id=recorded).status == 404


def test_an_alert_is_seen_by_one_and_stays_on_record(world, dana, browse):
    world.alert("One coupon too many.")
    page = dana.open("bss.alerts.index")
    assert "One coupon too many." in page.text
    done = dana.submit(page, to="/sightings", form=page.soup.select(".list__row form")[0])
    assert "Nothing to look into" in done.text
    seen = dana.open("bss.alerts.index", show="seen")
    assert "Seen by Dana Markou" in seen.text
    dora = browse("dora")
    dora.post("bss.alerts.see", alert_id=1)
    assert "Seen by Dana Markou" in dora.open("bss.alerts.index", show="seen").text


def test_all_are_seen_but_what_came_after_the_page(world, dana):
    first = world.alert("The first.")
    world.alert("The second.")
    page = dana.open("bss.alerts.index")
    late = world.alert("Nobody saw this.")
    done = dana.submit(page, "Mark all as seen")
    assert "2 alerts are marked as seen." in done.flash
    assert (world.find(Alert, first.id).seen_at is None, world.find(Alert, late.id).seen_at is None) == (False, True)
    assert "Nobody saw this." in done.text


def test_alerts_are_read_page_by_page(world, dana):
    for number in range(55):
        world.alert(f"Alert number {number}.")
    page = dana.open("bss.alerts.index")
    assert "Alert number 54." in page.text
    assert "Alert number 4." not in page.text
    assert "Alert number 4." in dana.press(page, "Older").text
