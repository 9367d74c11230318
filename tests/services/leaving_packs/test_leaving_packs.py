"""What a leaving account takes along: all of its own with its codes, and nothing of anybody else's."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from portal.core import access, audit, clock
from portal.core.errors import BudgetSpent, Conflict, NotAllowed, NotVisible
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    Account,
    AuditEntry,
    Coupon,
    DocumentKind,
    InvoiceDocument,
    LeavingPack,
    LeavingPackPart,
    LeavingPackState,
    Order,
    OrderLine,
    Throttle,
)
from portal.services import assets, leaving_packs, limits
from portal.worker import cleanup
from tests.handovers import pack
from tests.services.leaving_packs.opened import all_text, archive, reveals, sheet

pytestmark = [pytest.mark.usefixtures("app_context"), pytest.mark.sqlite]


def acts(account: Account) -> list[tuple[str, str]]:
    rows = select(AuditEntry.act, AuditEntry.actor).where(
        AuditEntry.subject == "account", AuditEntry.subject_id == account.id, AuditEntry.act.like("leaving pack%")
    )
    return [tuple(row) for row in db.session.execute(rows.order_by(AuditEntry.id))]


def move(account: Account, parent: Account) -> None:
    with transaction():
        row = db.session.get(Account, account.id, populate_existing=True)
        row.parent_id, row.branch_id = parent.id, parent.id


def test_it_holds_accounts_orders_invoices_assets_with_codes_and_their_history(world):
    asset = world.asset("synchronized", code="TEST-LEAVE-1", name="=1+1")
    failed = world.asset("failed")
    invoice = world.invoice(world.partner)
    assets.reveal(access.visible_asset(world.paula, asset.id), by=world.paula)
    made = pack(world, world.partner)
    found = archive(made, world.dana)

    rows = {row["Asset"]: row for row in sheet(found, "assets.csv")}
    assert rows[asset.number]["Coupon code"] == "TEST-LEAVE-1"
    assert rows[asset.number]["Name"] == "'=1+1"
    assert rows[asset.number]["Account code"] == "BRIGHT"
    assert rows[failed.number]["Coupon code"] == ""
    assert [row["Code"] for row in sheet(found, "accounts.csv")] == ["NORTH", "BRIGHT"]
    assert f"ORD-{asset.order_id}" in {row["Order"] for row in sheet(found, "orders.csv")}
    assert [row["Number"] for row in sheet(found, "invoices.csv")] == [invoice.number]
    story = [(row["Asset"], row["Who"], row["What"]) for row in sheet(found, "history.csv")]
    assert (asset.number, "Paula Berg", "reveal") in story
    readme = found.read("README.txt").decode()
    for text in (leaving_packs.number(made), "Northlight IT (NORTH)", "Dana Markou", f"{len(rows)} rows", "assets.csv"):
        assert text in readme
    assert made.state is LeavingPackState.READY


def test_stored_files_of_invoices_are_in_it_as_they_are(world):
    invoice = world.invoice(world.partner)
    rows = select(InvoiceDocument.content).where(
        InvoiceDocument.invoice_id == invoice.id, InvoiceDocument.kind == DocumentKind.PDF
    )
    stored = db.session.scalar(rows)
    found = archive(pack(world, world.partner), world.dana)
    [name] = [name for name in found.namelist() if name.endswith(".pdf")]
    assert name == f"invoices/{invoice.issued_on}/{invoice.number.replace('/', '-')}.pdf"
    assert found.read(name) == stored


def test_nothing_of_a_neighbour_is_in_it(world):
    """Not of its twins, not of a customer that has left, and no trace of the partner from which a customer came."""
    twins = {"name": "Twin", "quantity": 7}
    world.asset("synchronized", code="TEST-OWN-1", **twins)
    world.asset("synchronized", account=world.rival_customer, code="TEST-RIVAL-1", **twins)
    world.asset("synchronized", account=world.direct_customer, code="TEST-DIRECT-1", **twins)
    left = world.account(parent=world.partner, code="LEFT-1", name="Lighthouse Cafe")
    gone = world.asset("synchronized", account=left, code="TEST-LEFT-1", name="Lamp licences")
    with transaction():  # ordered by the partner itself for that customer
        db.session.execute(
            update(Order)
            .where(Order.id == gone.order_id)
            .values(account_id=world.partner.id, branch_id=world.partner.id)
        )
    move(left, world.rival)
    came = world.account(parent=world.rival, code="CAME-1", name="Orchard Books", currency="USD")
    own = world.asset("synchronized", account=came, code="TEST-CAME-1", unit_price=98765, note="pays late")
    with transaction():
        db.session.execute(update(Order).where(Order.id == own.order_id).values(placed_by_id=world.rita.id))
        db.session.execute(update(OrderLine).where(OrderLine.order_id == own.order_id).values(unit_price=98765))
    assets.reveal(access.visible_asset(world.rita, own.id), by=world.rita)
    assets.rename(access.visible_asset(world.rita, own.id), version=own.version, by=world.rita, name="Book licences")
    world.invoice(world.rival)
    move(came, world.partner)

    found = archive(pack(world, world.partner), world.dana)
    text = all_text(found)
    for alien in (
        *("TEST-RIVAL", "TEST-DIRECT", "TEST-LEFT", "LEFT-1", "Lighthouse", "Lamp licences", gone.number + '"'),
        *("Rivera", "RIVERA", "Rita", "QUAY", "Quayside", "Harbour", "HARBOUR", "98765", "987.65", "pays late"),
    ):
        assert alien not in text, alien
    assert {row["Coupon code"] for row in sheet(found, "assets.csv")} == {"TEST-OWN-1", "TEST-CAME-1"}
    [line] = [row for row in sheet(found, "orders.csv") if row["Order"] == f"ORD-{gone.order_id}"]
    assert (line["Account code"], line["Asset"], line["Licences"]) == ("", "", str(gone.quantity))
    assert "Book licences" in text


def test_what_only_staff_see_is_not_in_it(world):
    asset = world.asset("synchronized", code="TEST-OWN-1", note="owes us money")
    found = access.visible_asset(world.dana, asset.id)
    assets.annotate(found, version=found.version, by=world.dana, note="owes us even more")
    found = access.visible_asset(world.dana, asset.id)
    assets.cancel(found, version=found.version, by=world.dana, reason="never paid")
    with transaction():
        cause, status = {"why": "CreditLimitExceeded"}, {"field": "sync_status", "after": "failed"}
        audit.record("asset", asset.id, "sync", by=audit.ForPerson(world.paula), **status, **cause)
    surplus = world.surplus(asset, code="TEST-SURPLUS-1")
    text = all_text(archive(pack(world, world.partner), world.dana))
    for internal in ("owes us", "never paid", "CreditLimit", surplus.code, '"note"'):
        assert internal not in text
    with_name = archive(pack(world, world.partner, by=world.dora), world.dora)
    assert "Dana" not in all_text(with_name)
    assert "Meridian Distribution" in all_text(with_name)


def test_a_disputed_code_is_shown_to_nobody(world):
    asset = world.asset("synchronized", code="TEST-OWN-1")
    with transaction():
        db.session.execute(update(Coupon).where(Coupon.asset_id == asset.id).values(disputed_at=datetime.now(UTC)))
    made = pack(world, world.partner)
    assert "TEST-OWN-1" not in all_text(archive(made, world.dana))
    assert not reveals(leaving_packs.number(made))


def test_a_customer_takes_only_its_own(world):
    world.asset("synchronized", code="TEST-OWN-1")
    world.asset("synchronized", account=world.account(parent=world.partner), code="TEST-SIBLING-1")
    found = archive(pack(world, world.customer), world.dana)
    assert [row["Coupon code"] for row in sheet(found, "assets.csv")] == ["TEST-OWN-1"]
    assert {row["Price"] for row in sheet(found, "assets.csv") + sheet(found, "orders.csv")} == {""}
    assert "Northlight" not in all_text(found)
    assert "NORTH" not in all_text(found)


def test_the_distributor_has_none(world):
    with pytest.raises(NotVisible):
        pack(world, world.distributor)


def test_only_who_ordered_it_and_admins_take_it_and_each_time_is_recorded(world):
    made = pack(world, world.partner)
    other = world.user(world.distributor)
    for person in (other, world.vera, world.elena):
        with pytest.raises(NotAllowed):
            leaving_packs.send(made, by=person)
        with pytest.raises(NotAllowed):
            leaving_packs.discard(made, by=person)
    for person in (world.dana, world.dora):
        archive(made, person)
    assert leaving_packs.discard(made, by=world.dora)
    assert not leaving_packs.discard(made, by=world.dora)
    assert acts(world.partner) == [
        ("leaving pack", "Dana Markou"), ("leaving pack made", "Dana Markou"), ("leaving pack sent", "Dana Markou"),
        ("leaving pack sent", "Dora Lind"), ("leaving pack deleted", "Dora Lind"),
    ]  # fmt: skip
    with pytest.raises(Conflict):
        leaving_packs.send(leaving_packs.one(made.id), by=world.dora)


def test_it_is_taken_by_nobody_once_an_account_has_left_with_its_codes(world):
    world.asset("synchronized")
    made, later = pack(world, world.partner), pack(world, world.rival)
    move(world.customer, world.rival)
    with pytest.raises(Conflict):
        leaving_packs.send(leaving_packs.one(made.id), by=world.dora)
    assert acts(world.partner)[-1][0] != "leaving pack sent"
    assert archive(pack(world, world.partner), world.dora)
    assert archive(later, world.dora)


def test_it_is_deleted_after_its_time(world):
    made = pack(world, world.partner)
    leaving_packs.delete_expired(clock.now())
    assert leaving_packs.one(made.id).is_ready
    with transaction():
        row = db.session.get(LeavingPack, made.id, populate_existing=True)
        row.expires_at = datetime.now(UTC) - timedelta(seconds=1)
    with pytest.raises(Conflict):
        leaving_packs.send(leaving_packs.one(made.id), by=world.dana)
    cleanup.clean_up()
    assert leaving_packs.one(made.id).state is LeavingPackState.DELETED
    assert db.session.scalars(select(LeavingPackPart.number)).all() == []


def test_one_form_orders_one_pack(world):
    key = str(uuid.uuid4())
    first, second = (leaving_packs.order(world.partner, key=key, reason="Left", by=world.dana) for _ in range(2))
    assert first.id == second.id
    assert acts(world.partner) == [("leaving pack", "Dana Markou")]


def test_two_presses_at_the_same_moment_order_one_pack(world, monkeypatch):
    world.assets(2, "synchronized")
    first = pack(world, world.partner, is_made=False)
    find, asked = leaving_packs._with_key, []

    def too_early(*given):
        asked.append(given)
        return None if len(asked) == 1 else find(*given)

    monkeypatch.setattr(leaving_packs, "_with_key", too_early)
    second = leaving_packs.order(world.partner, key=first.key, reason="Left", by=world.dana)
    assert second.id == first.id
    assert db.session.get(Throttle, f"limit/exported codes/person/{world.dana.id}").hits == 2


def test_its_codes_count_in_the_daily_limit(world, monkeypatch):
    world.assets(3, "synchronized")
    pack(world, world.partner)
    assert db.session.get(Throttle, f"limit/exported codes/person/{world.dana.id}").hits == 3
    few = limits.Budget("exported codes", "%(whose)s %(most)s", outside=limits.Most(1, 1), staff=limits.Most(5, 5))
    monkeypatch.setattr(limits, "EXPORTED", few)
    with pytest.raises(BudgetSpent):
        pack(world, world.partner)
