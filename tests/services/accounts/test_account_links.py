"""What BitTitan's answers do to an account, and what no answer does: nothing."""

import pytest

from portal.core.errors import InvalidInput, NotAllowed, NotVisible, StaleVersion, Unavailable
from portal.extensions import db
from portal.models import Account
from portal.providers.base import Absent, Found
from portal.sandbox.storage.shapes import organization_id
from portal.services import accounts, vendor
from tests.services.accounts.test_accounts import acts, create, edit

pytestmark = [pytest.mark.usefixtures("app_context"), pytest.mark.sqlite]


def test_an_address_that_bittitan_knows_is_synchronized(world, sandbox):
    account = world.account(parent=world.partner, synced=False, bittitan_email="it@harbour.example")
    saved = accounts.synchronize(account, by=world.paula)
    now = world.reload(account)
    assert now.organization_id == organization_id("it@harbour.example")
    assert saved.answer.organization.name == now.organization_name
    assert (now.version, now.is_synchronized) == (1, True)
    assert acts(account) == [("synchronized", "organization_id", None, now.organization_id)]
    accounts.synchronize(account, by=world.paula)
    assert len(acts(account)) == 1, "the same answer is no change"


def test_an_unknown_address_unsynchronizes(world, sandbox):
    world.edit(world.customer, bittitan_email="unknown@harbour.example")
    saved = accounts.synchronize(world.customer, by=world.dana)
    now = world.reload(world.customer)
    assert saved.answer.organization is None
    assert (now.organization_id, now.organization_name, now.synchronized_at) == (None, None, None)
    assert acts(now)[0][0] == "unsynchronized"


def test_no_answer_is_not_unsynchronized(world, sandbox):
    before = world.reload(world.customer).synchronized_at
    sandbox.control.fault("findOrganization", "drop_before", times=None)
    with pytest.raises(Unavailable):
        accounts.synchronize(world.customer, by=world.dana)
    with pytest.raises(Unavailable):
        edit(world.customer, world.dana, look_up=True, bittitan_email="new@harbour.example", name="Renamed")
    with pytest.raises(Unavailable):
        create(world.partner, world.dana, look_up=True, bittitan_email="new@harbour.example")
    now = world.reload(world.customer)
    assert (now.synchronized_at, now.name, now.version) == (before, "Brightwood Dental", 1)
    assert db.session.scalar(db.select(db.func.count()).where(Account.name == "Newcomer Ltd")) == 0


def test_without_an_address_nobody_is_asked(world):
    world.edit(world.customer, bittitan_email=None)
    with pytest.raises(InvalidInput) as refusal:
        accounts.synchronize(world.reload(world.customer), by=world.dana)
    assert refusal.value.field == "bittitan_email"


def test_another_address_drops_the_synchronization(world):
    asset = world.asset("synchronizing")
    edit(world.customer, world.dana, bittitan_email="other@harbour.example")
    now = world.reload(world.customer)
    assert (now.is_synchronized, now.synchronized_at) == (False, None)
    assert world.reload(asset).sync_status is asset.sync_status
    assert [act for act, *_ in acts(now)] == ["edited", "unsynchronized"]


def test_unless_it_is_found_in_the_same_breath(world, sandbox):
    edit(world.customer, world.dana, look_up=True, bittitan_email="other@harbour.example")
    assert world.reload(world.customer).organization_id == organization_id("other@harbour.example")


def test_capitals_do_not_make_another_address(world):
    edit(world.customer, world.dana, bittitan_email=world.customer.bittitan_email.upper())
    assert world.reload(world.customer).is_synchronized


def test_an_answer_for_an_address_that_changed_meanwhile_is_not_recorded(world, sandbox, monkeypatch):
    account = world.account(synced=False, bittitan_email="it@harbour.example")
    look_up = accounts.account_links.look_up_organization

    def overtaken(email):
        answer = look_up(email)
        world.edit(account, bittitan_email="unknown@harbour.example")
        return answer

    monkeypatch.setattr(accounts.account_links, "look_up_organization", overtaken)
    with pytest.raises(StaleVersion):
        accounts.synchronize(account, by=world.dana)
    assert not world.reload(account).is_synchronized


def test_bittitan_is_asked_with_no_connection_held(world, sandbox, monkeypatch):
    provider = vendor.provider()
    held = []
    find = provider.find_organization

    def watch(email, **how):
        held.append(db.engine.pool.checkedout())
        return find(email)

    monkeypatch.setattr(provider, "find_organization", watch)
    accounts.synchronize(world.reload(world.customer), by=world.dana)
    edit(world.reload(world.customer), world.dana, look_up=True, name="Renamed")
    create(world.partner, world.dana, look_up=True, bittitan_email="it@harbour.example")
    assert held == [0, 0, 0]


@pytest.mark.parametrize("nick, account", [("carl", "customer"), ("cora", "customer"), ("penny", "partner")])
def test_who_may_not_synchronize(world, nick, account):
    with pytest.raises(NotAllowed):
        accounts.synchronize(getattr(world, account), by=getattr(world, nick))


def test_a_partner_synchronizes_itself_but_no_rival(world, sandbox):
    accounts.synchronize(world.partner, by=world.paula)
    with pytest.raises(NotVisible):
        accounts.synchronize(world.rival, by=world.paula)


SENT = {
    "bittitan_email": "it@xn--kserei-bua.example",
    "contact_email": "Hello@xn--kserei-bua.example",
    "billing_email": " bills@xn--kserei-bua.example ",
    "address": "Käsegasse 1\r\n8000 Zürich\r\n",
}
STORED = {
    "bittitan_email": "it@käserei.example",
    "contact_email": "hello@Käserei.example",
    "billing_email": "bills@käserei.example",
    "address": "Ka\u0308segasse 1\n8000 Zürich",
}


def test_saving_what_the_browser_rewrote_changes_only_what_a_person_changed(world):
    account = world.account(name="Käserei", **STORED)
    edit(account, world.dana, name="Käserei Nord", **SENT)
    now = world.reload(account)
    assert {field: getattr(now, field) for field in STORED} == STORED
    assert now.is_synchronized
    assert acts(now) == [("edited", "name", "Käserei", "Käserei Nord")]
    assert not edit(now, world.dana, name=" Käserei Nord", **SENT).is_changed


def test_what_was_recorded_under_older_rules_stands_in_nobodys_way(world):
    account = world.account(contact_email="no address")
    edit(account, world.dana, name="Renamed", contact_email="no address")
    assert world.reload(account).name == "Renamed"


def test_a_new_address_is_kept_as_its_owner_spells_it(world):
    saved = create(world.partner, world.dana, bittitan_email="it@xn--kserei-bua.example")
    assert saved.account.bittitan_email == "it@käserei.example"


def test_correcting_the_link_with_the_browsers_spelling_only_looks_it_up(world, sandbox):
    account = world.account(bittitan_email=STORED["bittitan_email"])
    saved = accounts.correct_link(account, version=1, email=SENT["bittitan_email"], by=world.dana)
    now = world.reload(account)
    assert (now.bittitan_email, now.version, now.is_synchronized) == (STORED["bittitan_email"], 1, True)
    assert saved.answer.email == STORED["bittitan_email"]
    assert acts(now) == []


def test_bittitan_may_know_the_other_form_of_the_domain(world, sandbox, monkeypatch):
    asked = []

    def find(email, **how):
        asked.append(email)
        return Found("11111111-1111-1111-1111-111111111111", "Käserei") if email.isascii() else Absent()

    monkeypatch.setattr(vendor.provider(), "find_organization", find)
    account = world.account(synced=False, bittitan_email=STORED["bittitan_email"])
    accounts.synchronize(account, by=world.dana)
    assert asked == [STORED["bittitan_email"], SENT["bittitan_email"]]
    assert world.reload(account).is_synchronized
