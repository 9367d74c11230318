"""Who may make, change and move which account, and what BitTitan's answers do to it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.core import money
from portal.core.errors import Conflict, InvalidInput, NotAllowed, NotVisible, StaleVersion
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import AccountKind, Asset, AuditEntry, Role, SignIn
from portal.services import accounts
from portal.services.accounts import account_rules
from portal.services.users import sign_in

pytestmark = pytest.mark.usefixtures("app_context")

CUSTOMER, PARTNER = AccountKind.CUSTOMER, AccountKind.PARTNER


def create(parent, by, *, kind=CUSTOMER, look_up=False, **details):
    """Their names are alike, as somebody has seen (test_lookalikes.py)."""
    details = {"name": "Newcomer Ltd", "currency": "EUR"} | details
    return accounts.create(
        kind=kind, parent_id=parent and parent.id, details=details, by=by, look_up=look_up, is_another=True
    )


def edit(account, by, *, version=None, parent=None, kind=None, look_up=False, **details):
    version = account.version if version is None else version
    return accounts.edit(
        account, version=version, details=details, by=by, parent_id=parent and parent.id, kind=kind, look_up=look_up
    )


def acts(account) -> list[tuple]:
    rows = db.session.scalars(db.select(AuditEntry).where(AuditEntry.subject_id == account.id).order_by(AuditEntry.id))
    return [(row.act, row.field, row.before, row.after) for row in rows if row.subject == "account"]


def test_the_staff_make_partners_and_customers(world):
    partner = create(world.distributor, world.dana, kind=PARTNER, code="PART-7").account
    below = create(partner, world.dana).account
    direct = create(world.distributor, world.dana).account
    assert (partner.branch_id, below.branch_id, direct.branch_id) == (partner.id, partner.id, direct.id)
    assert below.code.startswith("CUST-")
    assert acts(partner) == [("created", None, None, "PART-7, Newcomer Ltd")]


def test_a_partner_makes_customers_of_its_own(world):
    made = create(world.partner, world.paula).account
    assert (made.parent_id, made.branch_id) == (world.partner.id, world.partner.id)


@pytest.mark.parametrize("parent", ["rival", "distributor", "customer"])
def test_but_nowhere_else(world, parent):
    with pytest.raises(InvalidInput) as refusal:
        create(getattr(world, parent), world.paula)
    assert refusal.value.field == "parent"


@pytest.mark.parametrize("details", [{"code": "MINE"}, {"credit_limit": 100}])
def test_a_partner_sets_neither_code_nor_credit_limit(world, details):
    with pytest.raises(NotAllowed):
        create(world.partner, world.paula, **details)
    with pytest.raises(NotAllowed):
        edit(world.customer, world.paula, **details)


@pytest.mark.parametrize("nick", ["vera", "pavel", "penny", "carl", "cora"])
def test_nobody_else_changes_accounts(world, nick):
    with pytest.raises(NotAllowed):
        edit(world.customer, getattr(world, nick), name="Mine")
    assert world.reload(world.customer).name == "Brightwood Dental"


def test_a_partner_changes_its_customers_not_itself_nor_others(world):
    edit(world.customer, world.paula, name="Brightwood Group")
    with pytest.raises(NotAllowed):
        edit(world.partner, world.paula, name="We")
    with pytest.raises(NotVisible):
        edit(world.rival_customer, world.paula, name="Ours now")
    with pytest.raises(NotVisible):
        accounts.disable(world.rival, by=world.paula)


@pytest.mark.parametrize(
    "kind, parent", [(PARTNER, "partner"), (CUSTOMER, "customer"), (PARTNER, "customer"), (CUSTOMER, None)]
)
def test_the_tree_keeps_its_shape(world, kind, parent):
    with pytest.raises(InvalidInput) as refusal:
        create(parent and getattr(world, parent), world.dora, kind=kind)
    assert refusal.value.field == "parent"


@pytest.mark.parametrize("by", ["command line", None])
def test_there_is_one_distributor(world, by):
    with pytest.raises(InvalidInput) as refusal:
        create(None, by or world.dora, kind=AccountKind.DISTRIBUTOR)
    assert refusal.value.field == "kind"


@pytest.mark.parametrize("code", ["north", "NORTH", "  North "])
def test_codes_that_differ_in_case_only_are_one(world, code):
    with pytest.raises(InvalidInput) as refusal:
        create(world.distributor, world.dana, code=code)
    assert refusal.value.field == "code"
    with pytest.raises(InvalidInput):
        edit(world.rival, world.dana, code=code)
    assert world.reload(world.rival).code == "RIVERA"


@pytest.mark.sqlite  # refused before the database is asked: once is enough
@pytest.mark.parametrize(
    "field, value",
    [("name", " "), ("name", "x" * 201), ("name", "a\0b"), ("code", "two words"), ("code", "x" * 41),
     ("currency", "XXQ"), ("currency", ""), ("currency", "€€€"), ("country", "GRC"), ("country", "QQ"),
     ("country", "12"), ("language", "klingon"), ("language", "../en"), ("bittitan_email", "nobody"),
     ("contact_email", "a b@c.example"), ("billing_email", "a@b"), ("credit_limit", -1), ("credit_limit", 10**16),
     ("vat_number", "x\ny"), ("address", "x" * 501)],
)  # fmt: skip
def test_nonsense_is_refused_beside_its_field(world, field, value):
    with pytest.raises(InvalidInput) as refusal:
        edit(world.customer, world.dana, **{field: value})
    assert refusal.value.field == field
    assert world.reload(world.customer).version == 1


def test_what_is_written_otherwise_means_the_same():
    typed = {"currency": "eur", "country": "gr", "language": "en-GB", "address": " a\r\nb ", "tax_code": ""}
    kept = {"currency": "EUR", "country": "GR", "language": "en_GB", "address": "a\nb", "tax_code": None}
    assert account_rules.checked(typed) == kept


@pytest.mark.parametrize(
    "text, currency, units",
    [("10000.50", "EUR", 1_000_050), ("10,000.5", "EUR", 1_000_050), ("1000", "JPY", 1000), ("0.1", "EUR", 10),
     ("1.234", "KWD", 1234), ("9007199254740.93", "EUR", 900719925474093), ("7.00", "JPY", 7)],
)  # fmt: skip
def test_money_is_read_exactly(text, currency, units):
    assert money.minor_units(text, currency) == units
    assert money.minor_units(money.major_units(units, currency), currency) == units


@pytest.mark.sqlite  # refused before the database is asked: once is enough
@pytest.mark.parametrize("text", ["1,50", "1.005", "-1", "1e3", "=1+1", "٣", "1 000,00", "9" * 20, "", "."])
def test_money_that_could_mean_two_things_is_not_guessed(text):
    with pytest.raises(ValueError):
        money.minor_units(text, "EUR")


def test_a_currency_is_not_changed_under_a_credit_limit(world):
    edit(world.customer, world.dana, credit_limit=10_000)
    with pytest.raises(InvalidInput) as refusal:
        edit(world.customer, world.paula, currency="JPY")
    assert refusal.value.field == "currency"
    edit(world.customer, world.dana, currency="JPY", credit_limit=100)


def test_an_edit_is_recorded_field_by_field(world):
    edit(world.customer, world.dana, name="Brightwood Group", country="FR", currency="EUR")
    assert acts(world.customer) == [
        ("edited", "name", "Brightwood Dental", "Brightwood Group"),
        ("edited", "country", "DE", "FR"),
    ]
    saved = edit(world.reload(world.customer), world.dana, name="Brightwood Group")
    assert (saved.is_changed, saved.account.version) == (False, 2)


def test_a_version_that_has_moved_changes_nothing(world):
    edit(world.customer, world.dana, name="First")
    with pytest.raises(StaleVersion):
        edit(world.customer, world.dora, version=1, name="Second")
    assert world.reload(world.customer).name == "First"


@pytest.mark.parametrize("parent, branch", [("rival", "rival"), ("distributor", "customer")])
def test_a_move_takes_the_assets_along(world, parent, branch):
    asset = world.asset()
    edit(world.customer, world.dana, parent=getattr(world, parent))
    now, there = world.reload(world.customer), getattr(world, branch).id
    assert (now.branch_id, world.reload(asset).branch_id) == (there, there)
    assert world.reload(asset).billed_account_id == world.partner.id, "bills stay as they were made"
    assert ("moved", "parent", "NORTH", getattr(world, parent).code) in acts(world.customer)


def test_a_move_leaves_open_attempts_alone(world):
    asset = world.asset("unconfirmed")
    edit(world.customer, world.dana, parent=world.rival)
    assert world.reload(asset).sync_status is asset.sync_status


def test_a_move_back_under_a_partner(world):
    asset = world.asset(account=world.direct_customer)
    edit(world.direct_customer, world.dana, parent=world.partner)
    assert world.reload(asset).branch_id == world.partner.id


@pytest.mark.parametrize("parent", ["customer", "direct_customer"])
def test_nothing_moves_under_a_customer(world, parent):
    with pytest.raises(InvalidInput):
        edit(world.rival_customer, world.dana, parent=getattr(world, parent))


def test_nothing_moves_under_a_disabled_partner(world):
    accounts.disable(world.rival, by=world.dana)
    with pytest.raises(InvalidInput):
        edit(world.customer, world.dana, parent=world.rival)


def test_partners_move_nothing_elsewhere(world):
    with pytest.raises(InvalidInput):
        edit(world.customer, world.paula, parent=world.rival)
    assert world.reload(world.customer).parent_id == world.partner.id


def test_the_type_changes_while_nothing_hangs_on_the_account(world):
    empty = create(world.partner, world.dana).account
    with pytest.raises(InvalidInput, match="directly to the distributor"):
        edit(empty, world.dana, kind=PARTNER)
    partner = edit(world.reload(empty), world.dana, kind=PARTNER, parent=world.distributor).account
    assert (partner.kind, partner.branch_id, partner.version) == (PARTNER, partner.id, 2)
    assert acts(partner)[1:] == [
        ("edited", "kind", "customer", "partner"),
        ("moved", "parent", "NORTH", world.distributor.code),
    ]
    back = edit(partner, world.dana, kind=CUSTOMER, parent=world.rival).account
    assert (back.kind, back.branch_id) == (CUSTOMER, world.rival.id)


HANGING = {
    "Accounts belong": lambda world, partner: create(partner, world.dana),
    "assets": lambda world, partner: world.asset(billed_account=partner),
    "orders": lambda world, partner: world.order(partner),
    "price lists": lambda world, partner: world.price_list(partner),
    "rights": lambda world, partner: world.user(partner, Role.ADMIN),
}


@pytest.mark.parametrize("sentence", HANGING)
def test_the_type_stays_while_something_depends_on_the_account(world, sentence):
    partner = create(world.distributor, world.dana, kind=PARTNER).account
    HANGING[sentence](world, partner)
    with pytest.raises(InvalidInput, match=sentence) as refusal:
        edit(partner, world.dana, kind=CUSTOMER)
    assert refusal.value.field == "kind"
    assert world.reload(partner).kind is PARTNER


@pytest.mark.parametrize(
    ("nick", "account", "kind", "error"),
    [("paula", "customer", PARTNER, NotAllowed), ("dana", "distributor", PARTNER, InvalidInput),
     ("dana", "partner", AccountKind.DISTRIBUTOR, InvalidInput)],
)  # fmt: skip
def test_nobody_makes_a_type_that_is_not_theirs(world, nick, account, kind, error):
    with pytest.raises(error):
        edit(getattr(world, account), getattr(world, nick), kind=kind)


def test_people_who_lose_nothing_do_not_stand_in_the_way(world):
    partner = create(world.distributor, world.dana, kind=PARTNER).account
    world.user(partner, Role.OPERATOR)
    assert edit(partner, world.dana, kind=CUSTOMER).account.kind is CUSTOMER


def test_disabling_signs_its_people_out_and_nobody_else(world):
    with transaction():
        tokens = [sign_in._begin(person) for person in (world.paula, world.carl)]
    accounts.disable(world.partner, by=world.dana)
    assert [sign_in.visit(token).is_alive for token in tokens] == [False, True]
    accounts.enable(world.partner, by=world.dana)
    assert sign_in.visit(tokens[0]).is_alive is False, "a session that ended stays ended"
    assert [act for act, *_ in acts(world.partner)] == ["disabled", "enabled"]
    assert db.session.query(SignIn).count() == 2


def test_the_distributor_is_never_disabled(world):
    with pytest.raises(Conflict):
        accounts.disable(world.distributor, by=world.dora)


def test_an_account_with_assets_stays_readable_when_disabled(world):
    asset = world.asset("unconfirmed")
    accounts.disable(world.customer, by=world.paula)
    assert world.reload(asset).account_id == world.customer.id
    assert db.session.get(Asset, asset.id).branch_id == world.partner.id


def test_of_two_who_take_one_code_at_once_one_is_told(world, app):
    def take(_):
        with app.app_context():
            try:
                create(world.distributor, world.dana, code="RACE-1")
            except InvalidInput as refusal:
                return refusal.field
            return "made"

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(take, range(8)))
    assert sorted(told) == ["code"] * 7 + ["made"]
