"""One address, however it is spelt: who signs in, who is counted, who is found, and what is shown."""

import pytest

from portal.core.errors import InvalidInput, TooMany
from portal.core.paging import Place
from portal.models import Role, email_address
from portal.services import users
from portal.services.users import sign_in, user_list
from tests.people import PASSWORD

pytestmark = pytest.mark.usefixtures("app_context")

READABLE, SENT = "idn@müller-systemhaus.example", "idn@xn--mller-systemhaus-jzb.example"
PLACE = {"device": None, "browser": ""}
SPELLINGS = (
    READABLE,
    SENT,
    "IDN@MÜLLER-Systemhaus.example",
    f"  {SENT.upper()}\n",
    "idn@mu\u0308ller-systemhaus.example",
)


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize(
    "one, other",
    [
        (READABLE, SENT),
        ("It@Company.Example", "it@company.example"),
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("a@ＡＢＣ.example", "a@abc.example"),
        ("a@i❤.example", "a@xn--i-7iq.example"),
        ("jose\u0301@x.example", "josé@x.example"),
    ],
)
def test_spellings_of_one_address(one, other):
    assert email_address.canonical(one) == email_address.canonical(other)


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize("read", [email_address.canonical, email_address.readable, email_address.spellings])
def test_no_domain_is_read_that_is_too_long_for_an_address(read, monkeypatch):
    """The body of a request holds a million letters, for which it would take minutes."""
    labels = []
    monkeypatch.setattr(email_address, "_letters", lambda label: labels.append(label) or label)
    monkeypatch.setattr(email_address, "_ascii", lambda label: labels.append(label) or label)
    for text in ("a@xn--" + "9" * 1_000, "a@" + "ü" * 1_000):
        read(text)
        assert not email_address.is_address(text)
    assert labels == []
    read(READABLE)
    assert labels


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize(
    "one, other",
    [
        ("straße@x.example", "strasse@x.example"),
        ("a@straße.example", "a@strasse.example"),
        ("müller@x.example", "muller@x.example"),
        ("xn--mller-kva@x.example", "müller@x.example"),
        ("a@xn--a.example", "a@a.example"),
    ],
)
def test_two_addresses(one, other):
    assert email_address.canonical(one) != email_address.canonical(other)


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize(
    "text", ["", "@", "a@", "xn--", "a@xn--", "a@xn--\x80.de", "\ud800@x", "a@" + "ü" * 70 + ".de"]
)
def test_what_is_no_address_is_compared_all_the_same(text):
    assert email_address.canonical(text) == email_address.canonical(email_address.canonical(text))
    assert email_address.readable(text) is not None


def create(world, email: str, by=None):
    values = {"name": "Ida Nord", "role": Role.OPERATOR, "password": PASSWORD}
    return users.create(account=world.customer, email=email, by=by or world.dora, **values)[0]


@pytest.mark.parametrize("made_as", [READABLE, SENT])
def test_every_spelling_signs_the_same_person_in(world, made_as):
    ida = create(world, made_as)
    assert ida.email == READABLE
    for email in SPELLINGS:
        person, _token = sign_in.sign_in(email=email, password=PASSWORD, address="192.0.2.1", **PLACE)
        assert person.id == ida.id


def test_a_second_person_cannot_have_it(world):
    create(world, READABLE)
    for email in SPELLINGS:
        with pytest.raises(InvalidInput):
            create(world, email)
    ida = users.create(account=world.customer, email="other@x.example", name="I", role=Role.OPERATOR, by=world.dora)[0]
    with pytest.raises(InvalidInput):
        users.edit(ida, version=ida.version, email=SENT, name=ida.name, role=ida.role, by=world.dora)


def test_sharp_s_is_another_person(world):
    assert create(world, "straße@x.example").id != create(world, "strasse@x.example").id


def test_all_spellings_are_counted_as_one(world):
    create(world, READABLE)
    for number in range(10):
        spelt = SPELLINGS[number % len(SPELLINGS)]
        assert sign_in.sign_in(email=spelt, password="wrong", address=f"192.0.2.{number}", **PLACE) is None
    with pytest.raises(TooMany):
        sign_in.sign_in(email=READABLE, password=PASSWORD, address="198.51.100.1", **PLACE)


@pytest.mark.parametrize("email", SPELLINGS)
def test_saving_another_spelling_changes_nothing(world, email):
    ida = create(world, READABLE)
    session, version = (
        sign_in.sign_in(email=READABLE, password=PASSWORD, address="192.0.2.1", **PLACE)[1],
        1,
    )
    users.edit(ida, version=version, email=email, name="Ida North", role=ida.role, by=world.dora)
    now = world.reload(ida)
    assert (now.email, now.email_key, now.name, now.version) == (READABLE, READABLE, "Ida North", 2)
    assert sign_in.visit(session).is_alive
    assert not users.edit(now, version=2, email=email, name=" Ida North ", role=ida.role, by=world.dora)


@pytest.mark.parametrize("term", ["müller-sys", "MÜLLER", SENT, READABLE, "idn@"])
def test_a_person_is_found_by_every_spelling(world, term):
    create(world, SENT)
    page = user_list.page(world.dora, term, None, Place())
    assert [row[0].email for row in page.rows] == [READABLE]
