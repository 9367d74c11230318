"""Who is told is what the page says, whatever was chosen; and who may choose."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.core import access
from portal.core.errors import NotAllowed, NotVisible
from portal.extensions import db
from portal.models import Account, Asset, AuditEntry, User
from portal.services import accounts, contacts
from portal.services.reminders import choices, outlook, preferences
from tests import mails, reminded

pytestmark = pytest.mark.sqlite
DAY = date(2031, 6, 9)
CUSTOMERS = {"carl@customer.example", "cora@customer.example", "cleo@customer.example"}
PARTNERS = {"paula@partner.example", "pavel@partner.example", "penny@partner.example"}


@pytest.fixture
def asset(world):
    """Seven days are left."""
    return world.asset("synchronized", purchased_on=DAY - timedelta(days=93), expire_days=100)


@pytest.fixture
def told(world, mornings, asset):
    """Who is told that day; the page must have said the same."""

    def read() -> set[str]:
        with world.app.app_context():
            mornings.morning(DAY - timedelta(days=1))
            found = outlook.of(access.visible_asset(world.dana, asset.id), world.dana)
            said = {each.to.address for each in found.told if 7 in found.steps_of(each)}
            listed = listed_of(world, asset)
            assert listed == {address for address in said if not address.endswith("elsewhere.example")}
        mornings.morning(DAY)
        addresses = {recipient for _event, _asset_id, recipient, day in mornings.told() if day == DAY}
        assert addresses == said
        return addresses

    return read


def listed_of(world, asset) -> set[str]:
    """As lists show it: people alone."""
    found = select(contacts.addresses(world.dana)).select_from(Asset).where(Asset.id == asset.id)
    return set((db.session.scalar(found) or "").split(", ")) - {""}


def chosen(world, account, version=1, by=None, **values):
    empty = {"is_on": None, "due_steps": None, "ends_steps": None}
    with world.app.app_context():
        preferences.save(account, version=version, by=by or world.dora, **empty | values)


def test_people_of_the_account_and_its_partner_are_told(told):
    assert told() == CUSTOMERS | PARTNERS


def test_an_account_chooses_for_its_own_people(world, told):
    chosen(world, world.partner, due_steps="14,1")
    chosen(world, world.distributor, is_on=False)
    chosen(world, world.customer, is_on=True)
    assert told() == CUSTOMERS


def test_who_stopped_them_is_not_told(world, told):
    for address in ("Carl@customer.example", "paula@partner.example"):
        mails.stopped(world, address)
    assert told() == (CUSTOMERS | PARTNERS) - {"carl@customer.example", "paula@partner.example"}


def test_reminders_of_an_asset_are_switched_off(world, told, asset):
    with world.app.app_context():
        choices.switch(asset, is_on=False, by=world.dana)
    assert told() == set()


def test_an_imported_asset_is_silent_until_it_is_switched_on(world, told, asset):
    world.edit(asset, imported_at=asset.created_at)
    with world.app.app_context():
        choices.switch(asset, is_on=True, by=world.paula)
    assert "carl@customer.example" in told()


def test_an_added_address_is_told_as_long_as_the_asset_is_this_accounts(world, told, asset):
    reminded.added(world, asset, "one@elsewhere.example")
    reminded.added(world, world.customer, "all@elsewhere.example")
    reminded.added(world, world.direct_customer, "other@elsewhere.example")
    addresses = told()
    assert {"one@elsewhere.example", "all@elsewhere.example"} < addresses
    assert "other@elsewhere.example" not in addresses


@pytest.mark.parametrize("disabled", ["customer", "partner"])
def test_an_added_address_is_as_silent_as_the_account_for_which_it_was_added(world, told, asset, disabled):
    reminded.added(world, asset, "partners@elsewhere.example", by=world.paula)
    reminded.added(world, world.customer, "staffs@elsewhere.example")
    world.edit(getattr(world, disabled), disabled_at=asset.created_at)
    outside = {address for address in told() if "elsewhere" in address}
    assert outside == (set() if disabled == "customer" else {"staffs@elsewhere.example"})


def test_an_added_address_does_not_follow_the_asset_to_another_account(world, told, asset):
    reminded.added(world, asset, "one@elsewhere.example")
    other = world.account(parent=world.partner)
    world.edit(asset, account_id=other.id)
    assert "one@elsewhere.example" not in told()


def move(world) -> None:
    """The customer, to another partner."""
    with world.app.app_context():
        row, by = db.session.get(Account, world.customer.id), db.session.get(User, world.dora.id)
        accounts.edit(row, version=row.version, details={}, parent_id=world.rival.id, by=by, why="Asked for it")


def removals(world) -> list[tuple]:
    with world.app.app_context():
        rows = db.session.scalars(
            select(AuditEntry).where(AuditEntry.act == choices.REMOVED).order_by(AuditEntry.subject)
        )
        return [(row.subject, row.subject_id, row.before, row.why) for row in rows]


def test_a_move_forgets_whom_the_old_partner_added(world, told, asset):
    reminded.added(world, asset, "one@elsewhere.example", by=world.paula)
    reminded.added(world, world.customer, "all@elsewhere.example", by=world.paula)
    reminded.added(world, world.customer, "staffs@elsewhere.example")
    reminded.added(world, world.partner, "its-own@elsewhere.example", by=world.paula)
    move(world)
    addresses = told()
    assert {address for address in addresses if "elsewhere" in address} == {"staffs@elsewhere.example"}
    assert removals(world) == [
        ("account", world.customer.id, "all@elsewhere.example", "Asked for it"),
        ("asset", asset.id, "one@elsewhere.example", "Asked for it"),
    ]
    with world.app.app_context():
        assert [row.address for row in choices.of_account(world.partner.id)] == ["its-own@elsewhere.example"]


ADDED = {"address": "out@elsewhere.example", "name": ""}
CHOSEN = {"is_on": False, "due_steps": None, "ends_steps": None}


@pytest.mark.parametrize(
    "act",
    [
        lambda world, asset, by: choices.add(world.customer, None, by=by, **ADDED),
        lambda world, asset, by: choices.add(world.customer, asset, by=by, **ADDED),
        lambda world, asset, by: choices.switch(asset, is_on=False, by=by),
        lambda world, asset, by: preferences.save(world.customer, version=1, by=by, **CHOSEN),
        lambda world, asset, by: choices.remove(
            reminded.added(world, world.customer).id, account=world.customer, by=by
        ),
    ],
    ids=["add", "add to an asset", "switch", "save", "remove"],
)  # fmt: skip
def test_nothing_is_chosen_once_the_account_has_left(world, asset, act):
    """Between the look and the act."""
    move(world)
    with world.app.app_context(), pytest.raises(NotVisible):
        act(world, asset, world.paula)


@pytest.mark.parametrize("nick", ["dana", "pavel", "carl", "cora", "vera"])
def test_only_administrators_add_addresses(world, asset, nick):
    with world.app.app_context(), pytest.raises(NotAllowed):
        choices.add(world.customer, asset, address="out@elsewhere.example", name="", by=getattr(world, nick))


def test_an_added_address_is_on_record(world, asset):
    with world.app.app_context():
        choices.add(world.customer, asset, address="out@elsewhere.example", name="Out", by=world.paula)
        entry = db.session.scalar(select(AuditEntry).where(AuditEntry.act == choices.ADDED))
    assert (entry.subject_id, entry.after, entry.actor) == (asset.id, "out@elsewhere.example", "Paula Berg")


def test_a_customer_reads_only_of_its_own_people(world, asset, browse):
    page = browse("carl").visit(f"/storefront/billing/assets/{asset.id}/reminders")
    assert "cora@customer.example" in page.text
    assert "partner.example" not in page.text
    assert "3 more addresses" in page.text
    assert [cell["data-label"] for cell in page.soup.select("tbody td")][:4] == [
        "Address",
        "Why",
        "17 May 2031",
        "2 Jun 2031",
    ]


@pytest.mark.parametrize(
    ("by", "reader", "said"),
    [
        ("paula", "carl", "Added by Northlight IT"),
        ("dora", "carl", "Added by an administrator"),
        ("dora", "paula", "Added by Meridian Distribution"),
        ("paula", "pavel", "Added by Paula Berg"),
        ("paula", "dana", "Added by Paula Berg"),
    ],
)
def test_who_added_it_is_named_in_the_own_tree_only(world, asset, browse, by, reader, said):
    reminded.added(world, asset, by=getattr(world, by))
    area = "bss" if reader == "dana" else "storefront"
    assert said in browse(reader).visit(f"/{area}/billing/assets/{asset.id}/reminders").text
