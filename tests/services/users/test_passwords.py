"""What a new password may be: nothing that is guessed first."""

from random import Random

import pytest

from portal.core.errors import InvalidInput
from portal.demo.password import _LETTERS
from portal.demo.people import SIGN_INS
from portal.services import users
from portal.services.users import passwords
from tests.browser import Browser
from tests.people import PASSWORD

pytestmark = pytest.mark.sqlite

OF = (
    "paula.berg@northlight.example", "Paula Berg", "Brightwood Dental", "BRIGHT", "Northlight IT", "NORTH",
    "Søren Grünwälder", "Li Wu",
)  # fmt: skip
MADE_OF_WORDS = [
    "Sommer2026!!", "BitTitan2026", "BitTitan-Portal-99", "MigrationWiz#1", "B1tT1t@n-2026!", "Paula.Berg.1985",
    "northlight.northlight", "N0rthl1ght-IT!", "BrightwoodDental1", "Frühling-2025-x", "Καλοκαίρι2026!",
    "September-1234", "Welcome2Northlight!", "2026-2025-2024", "Januar-Februar", "Passwort-2026-neu",
    "North-Light-2026", "N.o.r.t.h.l.i.g.h.t.1", "Bit Titan 2026!", "bit_titan_portal", "Gruenwaelder2026",
    "Soren-2026-Soren", "thgilhtroN2026", "LiWu-2026-LiWu", "abcabcabcabcabc1",
]  # fmt: skip
WELL_KNOWN = [
    "correcthorsebatterystaple", "1q2w3e4r5t6y", "unbelievable1", "Manchesterunited", "trustno1trustno1!!",
    "!!!1234567890!!!",
]  # fmt: skip
GOOD = [
    PASSWORD, "calm new lantern", "quiet-meadow-compass-17", "837219384471", "x7k2-9qpf-3m4z-8wvt", "Tür Wiese Löffel!",
    "Paula likes green tea", "зелёный чай утром", "紙の船と青い月と古い時計",
]  # fmt: skip


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("password", MADE_OF_WORDS)
def test_names_company_product_and_seasons_are_refused_however_decorated(password):
    with pytest.raises(InvalidInput, match="Names, your company, this product, months and years are guessed first"):
        passwords.check(password, *OF)


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("password", WELL_KNOWN)
def test_what_many_people_use_is_refused(password):
    with pytest.raises(InvalidInput, match="Many people use this password"):
        passwords.check(password, *OF)


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("password", GOOD)
def test_anything_else_is_taken(password):
    passwords.check(password, *OF)


def test_somebody_elses_name_is_no_reason():
    passwords.check("Brightwood Dental 1", "rita@rival.example", "Rita Rivera")


def test_the_demos_password_is_good_for_each_of_its_people():
    draw = Random(7)
    for _kind, _role, name, email in SIGN_INS * 20:
        passwords.check("-".join("".join(draw.choices(_LETTERS, k=4)) for _ in range(4)), email, name)


@pytest.mark.parametrize("password", ["Northlight-Northlight", "unbelievable1"])
def test_it_is_refused_wherever_a_password_is_set(app, world, password):
    with app.app_context():
        token = users.renew_link(world.reload(world.carl), by="command line")
    guest = Browser(app)
    page = guest.submit(guest.visit(f"/links/{token}"), new=password, repeat=password)
    carl = Browser(app)
    carl.arrive(world.carl.id)
    changed = carl.submit(carl.visit("/password"), current=PASSWORD, new=password, repeat=password)
    for each in (page, changed):
        assert (each.status, "guessed first" in " ".join(each.errors)) == (422, True)
        assert password not in each.body
    line = ["users", "create", "--email", "n@x.example", "--name", "N N", "--account", "BRIGHT", "--role", "viewer"]
    done = app.test_cli_runner().invoke(args=[*line, "--password-stdin"], input=f"{password}\n")
    assert done.exit_code == 2
    assert "guessed first" in done.output
