"""In which language a person reads the portal and its mails."""

import pytest

from portal.core.i18n import gettext, in_language
from portal.extensions import db
from portal.models import Account, User
from portal.services.users import languages
from tests.browser import Browser

pytestmark = pytest.mark.sqlite


def speaks(world, **chosen):
    """`account` and `person`: the language of carl's account, and his own."""
    with world.transaction():
        db.session.get(Account, world.customer.id).language = chosen.get("account", "en")
        db.session.get(User, world.carl.id).language = chosen.get("person")


def lang(page) -> str:
    return page.soup.html["lang"]


@pytest.mark.parametrize(
    ("accepted", "expected"), [("de-CH,fr;q=0.5", "de"), ("xx,de;q=0.3", "de"), ("xx", "en-GB"), ("", "en-GB")]
)
def test_a_visitor_reads_the_language_of_the_browser(app, accepted, expected):
    page = Browser(app).visit("/sign-in", headers={"Accept-Language": accepted})
    assert lang(page) == expected
    assert ("Passwort vergessen" in page.text) == (expected == "de")


def test_what_was_chosen_before_signing_in_counts_and_stays(app):
    visitor = Browser(app)
    page = visitor.submit(visitor.open("auth.sign_in"), "Deutsch")
    assert lang(page) == "de"
    assert lang(visitor.open("auth.sign_in")) == "de"


@pytest.mark.parametrize(
    ("account", "person", "expected"),
    [
        ("de", None, "de"),
        ("de_AT", None, "de"),
        ("en", "de", "de"),
        ("de", "en", "en-GB"),
        ("el", None, "el"),
        ("ja", None, "en-GB"),
    ],
)
def test_the_person_comes_before_the_account(world, browse, account, person, expected):
    speaks(world, account=account, person=person)
    assert lang(browse("carl").open("storefront.assets.index")) == expected


def test_the_menu_says_the_role_in_this_language(world, browse):
    speaks(world, person="de")
    assert f"{world.customer.name}, Bearbeiter" in browse("carl").open("storefront.assets.index").text


def test_a_person_chooses_and_goes_back_to_the_account(world, browse):
    speaks(world, account="de")
    browser = browse("carl")
    page = browser.submit(browser.open("auth.password.edit"), to="/language", language="en")
    assert lang(page) == "en-GB"
    assert lang(browser.submit(page, to="/language", language="")) == "de"


def test_staff_read_english(world, browse):
    with world.transaction():
        db.session.get(Account, world.distributor.id).language = "de"
    assert lang(browse("dana").open("bss.index")) == "en-GB"


def test_a_language_that_is_not_offered_is_not_taken(world, browse):
    browser = browse("carl")
    browser.submit(browser.open("auth.password.edit"), to="/language", forge={"language": "xx"})
    with world.app.app_context():
        assert db.session.get(User, world.carl.id).language is None


def test_one_language_inside_another_ends(world):
    speaks(world, person="de")
    with world.app.app_context():
        person = db.session.get(User, world.carl.id)
        with in_language(languages.language_of(person)):
            assert gettext("Ready to redeem") == "Bereit zum Einlösen"
        assert gettext("Ready to redeem") == "Ready to redeem"
