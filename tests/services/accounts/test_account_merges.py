"""Two accounts that are the same become one: what moves, what stays, and what is refused."""

import pytest
from sqlalchemy import func, select

from portal.core import access, clock
from portal.core.errors import Conflict, InvalidInput, NotAllowed, NotVisible, StaleVersion
from portal.core.paging import Place
from portal.extensions import db
from portal.models import Account, Asset, AuditEntry, Hold, Order, OrderState, PriceListAccount, PriceTerm
from portal.services import accounts, lists, ordering
from portal.services.accounts import account_list, account_merges
from portal.services.accounts.account_list import Filters
from portal.services.catalog import price_lists, resolution
from portal.services.catalog.price_lines import Line
from portal.services.lists import list_filters
from portal.services.lists.search_terms import understand
from tests.mails import mail
from tests.services.accounts.test_accounts import acts

WHY = "Entered twice"


@pytest.fixture(autouse=True)
def in_context(world, app):
    with app.app_context():
        yield


def merged(world, one, other, **given):
    row, kept = (db.session.get(Account, each.id) for each in (one, other))
    values = {"versions": (row.version, kept.version), "why": WHY, "by": world.dana} | given
    account_merges.merge(row, kept, **values)
    return world.reload(one)


def same(world, account, **columns):
    """Another account that is the same organisation at BitTitan."""
    is_direct = account.parent_id == world.distributor.id
    names = {"organization_id": account.organization_id, "currency": account.currency}
    names |= {"parent": world.distributor if is_direct else world.partner} | columns
    return world.account(account.kind.value, **names)


def used(seller, world, amount: int, *buyers, is_for_all=False):
    row = world.price_list(seller.account, is_for_all=is_for_all)
    lines = [Line(world.mailbox.id, 1, amount, None)]
    price_lists.save(row, version=row.version, details={}, lines=lines, by=seller)
    for buyer in buyers:
        price_lists.assign(row, buyer, by=seller)
    fresh = price_lists.price_list(seller, row.id)
    price_lists.put_in_use(fresh, version=fresh.version, by=seller)
    return row


def entries(subject: str, row_id: int) -> list[tuple]:
    query = select(AuditEntry).where(AuditEntry.subject == subject, AuditEntry.subject_id == row_id)
    return [(row.act, row.field, row.before, row.after, row.why) for row in db.session.scalars(query)]


def test_assets_orders_and_people_of_a_customer_move(world):
    twin = same(world, world.customer, code="BRIGHT-2")
    asset, order, person = world.asset("synchronized", account=twin), world.order(twin), world.user(twin)
    billed = world.reload(asset).billed_account_id
    row = merged(world, twin, world.customer)
    assert (row.merged_into_id, row.branch_id, row.is_disabled, row.version) == (world.customer.id, None, True, 2)
    assert world.reload(world.customer).version == 2
    now = world.reload(asset)
    assert (now.account_id, now.branch_id, now.billed_account_id) == (world.customer.id, world.partner.id, billed)
    assert (world.reload(order).account_id, world.reload(person).account_id) == (world.customer.id, world.customer.id)
    assert world.reload(person).is_active
    assert entries("asset", asset.id)[-1] == ("moved", "account", "BRIGHT-2", "BRIGHT", WHY)
    assert entries("user", person.id)[-1] == ("moved", "account", "BRIGHT-2", "BRIGHT", WHY)
    assert entries("order", order.id)[-1] == ("moved", "account", "BRIGHT-2", "BRIGHT", WHY)
    names = (f"BRIGHT-2, {twin.name}", "BRIGHT, Brightwood Dental")
    assert ("merged", "merged_into", *names) in acts(twin)
    assert ("took over", None, *names) in acts(world.customer)


def test_a_mail_that_waits_goes_on_with_the_kept_account(world):
    twin = same(world, world.customer, code="BRIGHT-2")
    message = mail(world, world.asset("synchronized", account=twin), state="waiting")
    merged(world, twin, world.customer)
    assert world.reload(message).account_id == world.customer.id


def test_what_it_paid_itself_the_kept_one_paid(world):
    """What a partner was billed stays with that partner."""
    twin = same(world, world.direct_customer)
    own, of_partner = world.asset(account=twin), world.asset(account=twin, billed_account=world.partner)
    merged(world, twin, world.direct_customer)
    kept = world.direct_customer.id
    assert world.reload(own).billed_account_id == kept
    assert db.session.get(Order, world.reload(own).order_id).billed_account_id == kept
    assert world.reload(of_partner).billed_account_id == world.partner.id
    assert not db.session.scalar(select(Asset.id).where(Asset.billed_account_id == twin.id))


def test_a_partner_comes_with_its_customers_and_their_prices(world):
    twin = same(world, world.partner)
    head = world.user(twin, role=world.paula.role)
    customer = world.account(parent=twin)
    asset = world.asset("synchronized", account=customer)
    mine = used(head, world, 1777, customer)
    merged(world, twin, world.partner)
    now, moved = world.reload(customer), world.reload(asset)
    assert (now.parent_id, now.branch_id, now.version) == (world.partner.id, world.partner.id, 2)
    assert (moved.branch_id, moved.billed_account_id) == (world.partner.id, world.partner.id)
    assert access.visible_asset(world.paula, asset.id).id == asset.id
    assert resolution.price_of(now, world.mailbox, 1, clock.today()).amount == 1777
    assert price_lists.price_list(world.paula, mine.id).seller_id == world.partner.id
    assert ("moved", "parent", twin.code, "NORTH") in acts(customer)
    assert ("moved", "seller", twin.code, "NORTH", WHY) in entries("price_list", mine.id)


def test_it_pays_what_the_kept_one_pays(world):
    twin = same(world, world.direct_customer)
    row = used(world.dora, world, 900, twin)
    merged(world, twin, world.direct_customer)
    assert not db.session.scalar(select(func.count()).select_from(PriceTerm).where(PriceTerm.buyer_id == twin.id))
    assert not db.session.get(PriceListAccount, (row.id, twin.id))
    assert entries("price_list", row.id)[-1][:3] == ("unassign", None, twin.code)


def test_a_list_for_all_customers_has_to_end_first(world):
    twin = same(world, world.partner)
    row = used(world.user(twin, role=world.paula.role), world, 1777, is_for_all=True)
    with pytest.raises(Conflict, match="It must end first"):
        merged(world, twin, world.partner)
    world.edit(row, valid_from=clock.today().replace(year=2020), valid_until=clock.today().replace(year=2021))
    merged(world, twin, world.partner)


def test_the_old_code_finds_the_kept_account(world):
    twin, third = same(world, world.customer, code="ACME-17"), same(world, world.customer, code="ACME-18")
    merged(world, third, twin)
    merged(world, twin, world.customer)
    assert world.reload(third).merged_into_id == world.customer.id
    for code in ("acme-17", "ACME-18"):
        assert access.account_by_code(code).id == world.customer.id
        assert [each.id for each in account_list.named(world.paula, code, 3)] == [world.customer.id]
        assert access.visible_or_kept_account(world.carl, twin.id).id == world.customer.id
    found = account_list.page(world.paula, Filters("acme-1"), "name", Place(), descending=False).rows
    assert [(row.id, set(former.split(", "))) for row, _below, former in found] == [
        (world.customer.id, {"ACME-17", "ACME-18"})
    ]
    with pytest.raises(InvalidInput, match="taken"):
        accounts.edit(world.reload(world.rival), version=1, details={"code": "ACME-17"}, by=world.dora)


def test_it_is_in_no_list_and_nothing_is_done_with_it(world):
    twin = same(world, world.partner, code="NORTH-2")
    merged(world, twin, world.partner)
    row = world.reload(twin)
    for viewer in (world.dana, world.paula):
        with pytest.raises(NotVisible):
            access.visible_account(viewer, twin.id)
        assert twin.id not in db.session.scalars(access.visible_accounts(viewer).with_only_columns(Account.id)).all()
    for act in (
        lambda: accounts.enable(row, by=world.dana),
        lambda: accounts.edit(row, version=2, details={"name": "New"}, by=world.dana),
        lambda: accounts.synchronize(row, by=world.dana),
    ):
        with pytest.raises(NotVisible):
            act()
    with pytest.raises(InvalidInput):
        ordering.place(key="k", account_id=row.id, product_id=world.mailbox.id, quantity=1, name="", by=world.dana)


def test_the_database_lets_it_have_no_asset(world):
    twin = same(world, world.customer)
    merged(world, twin, world.customer)
    asset = world.asset()
    with pytest.raises(Exception, match="(?i)foreign key"), world.transaction():
        db.session.execute(Asset.__table__.update().where(Asset.id == asset.id).values(account_id=twin.id))
    with pytest.raises(Exception, match="merged_is_out_of_use"), world.transaction():
        db.session.execute(Account.__table__.update().where(Account.id == twin.id).values(disabled_at=None))


def test_its_assets_are_found_and_counted_with_the_kept_one(world):
    """By the search index, which follows the account and the branch."""
    twin = same(world, world.customer, parent=world.distributor)
    asset = world.asset("synchronized", account=twin, name="Wandering mailboxes")
    merged(world, twin, world.customer)
    for viewer in (world.paula, world.carl):
        for text in ("wandering", world.code_of(asset), world.customer.name):
            found = lists.matching_ids(viewer, list_filters.Filters(term=understand(viewer, text)))
            assert list(db.session.scalars(found)) == [asset.id], text
    assert not list(db.session.scalars(lists.matching_ids(world.dana, list_filters.Filters(account_id=twin.id))))


REFUSED = {
    "itself": (lambda w: (w.customer, w.customer), "into itself"),
    "the distributor": (lambda w: (w.customer, w.distributor), "distributor’s own"),
    "its parent": (lambda w: (w.customer, w.partner), "belongs to the other"),
    "its child": (lambda w: (w.partner, w.customer), "belongs to the other"),
    "another type": (lambda w: (w.partner, w.direct_customer), "same type"),
    "a disabled one": (lambda w: (w.customer, disabled(w, w.direct_customer)), "is disabled"),
    "below a disabled one": (lambda w: (w.direct_customer, below_disabled(w)), "is disabled"),
    "a merged one": (lambda w: (w.customer, gone(w)), "merged into another account already"),
    "out of one that is merged": (lambda w: (gone(w), w.customer), "merged into another account already"),
    "another organisation": (lambda w: (paying(w), w.direct_customer), "different organisations"),
    "a partner of another organisation": (lambda w: (w.account("partner"), w.partner), "different organisations"),
    "a partner of another currency": (lambda w: (same(w, w.partner, currency="USD"), w.partner), "pays in USD"),
}


def disabled(world, account):
    return world.edit(account, disabled_at=clock.now())


def below_disabled(world):
    disabled(world, world.rival)
    return world.rival_customer


def gone(world):
    twin = same(world, world.customer)
    return merged(world, twin, world.customer)


def paying(world):
    account = world.account()
    world.asset(account=account)
    return account


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(world, case):
    make, sentence = REFUSED[case]
    one, other = make(world)
    before = world.reload(one).merged_into_id
    with pytest.raises(Conflict, match=sentence):
        merged(world, one, other)
    assert world.reload(one).merged_into_id == before
    row, kept = (db.session.get(Account, each.id) for each in (one, other))
    assert sentence in " ".join(account_merges.refusals(row, kept))


@pytest.mark.parametrize("versions", [(2, 1), (1, 2), (0, 0)])
def test_both_versions_must_be_those_that_were_seen(world, versions):
    twin = same(world, world.customer)
    with pytest.raises(StaleVersion):
        merged(world, twin, world.customer, versions=versions)
    assert world.reload(twin).merged_into_id is None


@pytest.mark.sqlite  # refused before the database is asked: once is enough
@pytest.mark.parametrize("nick", ["elena", "vera", "paula", "pavel", "carl", "cora", "rita"])
def test_only_the_distributor_merges(world, nick):
    twin = same(world, world.customer)
    with pytest.raises(NotAllowed):
        merged(world, twin, world.customer, by=getattr(world, nick))


@pytest.mark.sqlite  # refused before the database is asked: once is enough
@pytest.mark.parametrize("why", ["", "  ", "x" * 501])
def test_a_reason_is_required(world, why):
    with pytest.raises(InvalidInput) as refused:
        merged(world, same(world, world.customer), world.customer, why=why)
    assert refused.value.field == "why"


def test_the_preview_says_what_moves(world):
    twin = same(world, world.direct_customer, currency="USD")
    world.asset("synchronizing", account=twin)
    world.user(twin)
    row, kept = (db.session.get(Account, each.id) for each in (twin, world.customer))
    seen = account_merges.preview(row, kept)
    assert (seen.assets, seen.orders, seen.people, seen.billed, seen.open_attempts) == (1, 1, 1, 1, 1)
    assert (seen.now.payer.id, seen.then.payer.id, seen.then.people) == (twin.id, world.partner.id, 3)
    prices = {price.product.code: (price.now.amount, price.then.amount) for price in seen.prices}
    assert prices == {"BT-MAILBOX": (1290, 1190), "BT-BUNDLE": (1590, 1450)}
    assert world.reload(twin).merged_into_id is None


def test_orders_come_with_their_lines_and_the_credit_that_they_use_up(world):
    twice = same(world, world.customer)
    asset = world.asset("synchronized", account=twice)
    merged(world, twice, world.customer)
    order = access.visible_order(world.dana, asset.order_id)
    ids = (order.account_id, order.branch_id, order.lines[0].account_id)
    assert ids == (world.customer.id, world.partner.id, world.customer.id)


def test_an_account_with_an_order_that_waits_is_not_merged(world):
    twice = same(world, world.customer)
    order = world.order(twice, state=OrderState.SUBMITTED, hold=Hold.STAFF)
    with pytest.raises(Conflict, match=f"{order.number} waits"):
        merged(world, twice, world.customer)
