"""Who may make, change and lock out whom."""

import pytest

from portal.core import tokens
from portal.core.errors import Conflict, InvalidInput, NotAllowed, NotVisible, StaleVersion
from portal.extensions import db
from portal.models import AuditEntry, Role, User
from portal.services import users

pytestmark = [pytest.mark.usefixtures("app_context"), pytest.mark.sqlite]


def create(account, by, **fields):
    values = {"email": "new@x.example", "name": "Nia New", "role": Role.OPERATOR} | fields
    return users.create(account=account, by=by, **values)


def edit(user, by, **fields):
    values = {"version": user.version, "email": user.email, "name": user.name, "role": user.role} | fields
    return users.edit(user, by=by, **values)


@pytest.mark.parametrize(
    "nick, account",
    [("dora", "distributor"), ("dora", "customer"), ("paula", "partner"), ("paula", "customer"), ("cora", "customer")],
)
def test_administrators_make_people_in_their_tree(world, nick, account):
    user, token = create(getattr(world, account), getattr(world, nick))
    assert user.link_hash == tokens.digest(token)
    assert user.password_hash is None


@pytest.mark.parametrize(
    "nick, account",
    [("paula", "distributor"), ("paula", "rival"), ("paula", "rival_customer"), ("paula", "direct_customer"),
     ("cora", "partner"), ("cora", "rival_customer"), ("cora", "distributor")],
)  # fmt: skip
def test_accounts_elsewhere_do_not_exist_for_them(world, nick, account):
    with pytest.raises(NotVisible):
        create(getattr(world, account), getattr(world, nick))


@pytest.mark.parametrize("nick", ["dana", "elena", "vera", "pavel", "penny", "carl", "cleo"])
def test_nobody_else_may(world, nick):
    person = getattr(world, nick)
    with pytest.raises(NotAllowed):
        create(person.account, person)
    with pytest.raises(NotAllowed):
        users.disable(person, by=person)


@pytest.mark.parametrize("email", ["DANA@Distributor.example", " dana@distributor.example\n"])
def test_one_address_one_person(world, email):
    with pytest.raises(InvalidInput) as refusal:
        create(world.customer, world.dora, email=email)
    assert refusal.value.field == "email"
    with pytest.raises(InvalidInput):
        edit(world.carl, world.dora, email=email)
    assert world.reload(world.carl).email == world.carl.email


@pytest.mark.parametrize(
    "email", ["", "x", "@x.example", "x@", "x@y", "a b@x.example", "a\0@x.example", "x" * 250 + "@x.example"]
)
def test_what_is_no_address_is_refused(world, email):
    with pytest.raises(InvalidInput):
        create(world.customer, world.dora, email=email)


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\0b"])
def test_what_is_no_name_is_refused(world, name):
    with pytest.raises(InvalidInput):
        create(world.customer, world.dora, name=name)


def test_nobody_disables_or_demotes_himself(world):
    create(world.distributor, world.dora, role=Role.ADMIN)
    with pytest.raises(Conflict):
        users.disable(world.dora, by=world.dora)
    with pytest.raises(InvalidInput):
        edit(world.dora, world.dora, role=Role.OPERATOR)
    assert edit(world.dora, world.dora, name="Dora Lindqvist")


def test_the_last_administrator_of_the_distributor_stays(world):
    with pytest.raises(Conflict):
        users.disable(world.dora, by="command line")
    with pytest.raises(Conflict):
        edit(world.dora, "command line", role=Role.VIEWER)
    second, _token = create(world.distributor, "command line", role=Role.ADMIN)
    users.disable(world.dora, by=second)
    with pytest.raises(Conflict):
        users.disable(second, by="command line")


def test_a_stale_version_changes_nothing(world):
    assert edit(world.carl, world.dora, name="First")
    with pytest.raises(StaleVersion):
        users.edit(world.carl, version=0, email=world.carl.email, name="Second", role=world.carl.role, by=world.dora)
    assert world.reload(world.carl).name == "First"


def test_saving_what_is_there_moves_nothing(world):
    before = world.carl.version
    assert not edit(world.carl, world.dora)
    assert world.reload(world.carl).version == before


def test_every_change_is_recorded(world):
    user, _token = create(world.customer, world.dora)
    edit(user, world.dora, name="Nia Newer", role=Role.VIEWER)
    users.disable(user, by=world.paula)
    users.enable(user, by=world.paula)
    users.renew_link(user, by=world.paula)
    entries = db.session.query(AuditEntry).filter_by(subject="user", subject_id=user.id).order_by(AuditEntry.id)
    assert [(each.act, each.field, each.actor) for each in entries] == [
        ("created", None, "Dora Lind"),
        ("edited", "name", "Dora Lind"),
        ("edited", "role", "Dora Lind"),
        ("disabled", "disabled_at", "Paula Berg"),
        ("enabled", "disabled_at", "Paula Berg"),
        ("link renewed", None, "Paula Berg"),
    ]


def test_a_disabled_person_gets_no_link(world):
    users.disable(world.carl, by=world.paula)
    with pytest.raises(Conflict):
        users.renew_link(world.carl, by=world.paula)


def test_a_refusal_makes_nobody(world):
    before = db.session.query(User).count()
    with pytest.raises(InvalidInput):
        create(world.customer, "command line", password="short")
    assert db.session.query(User).count() == before


class TestCommand:
    @pytest.fixture
    def run(self, app, world):
        def invoke(*extra, email="new@x.example", code="BRIGHT", role="viewer", **options):
            line = ["users", "create", "--email", email, "--name", "Nia New", "--account", code, "--role", role, *extra]
            return app.test_cli_runner().invoke(args=line, **options)

        return invoke

    def test_it_prints_a_link_that_works(self, app, run):
        done = run()
        assert done.exit_code == 0
        assert app.test_client().get(done.stdout.strip(), follow_redirects=True).status_code == 200

    def test_it_takes_a_password(self, run):
        done = run("--password-stdin", input="calm-harbour-lantern-43\n")
        assert done.exit_code == 0
        assert "links" not in done.output

    @pytest.mark.parametrize(
        "options, code",
        [
            ({"code": "NOWHERE"}, 3),
            ({"email": "dana@distributor.example"}, 2),
            ({"email": "x"}, 2),
            ({"role": "king"}, 2),
        ],
    )
    def test_it_says_no_with_a_code(self, run, options, code):
        refused = run(**options)
        assert refused.exit_code == code
        assert "Traceback" not in refused.output

    def test_it_refuses_a_weak_password(self, run):
        assert run("--password-stdin", input="short\n").exit_code == 2

    def test_it_refuses_a_disabled_account(self, world, run):
        world.edit(world.customer, disabled_at=world.customer.created_at)
        assert run().exit_code == 4
