"""The real browser rewrites an umlaut domain before it sends it: nobody is shut out, and nothing is changed."""

from tests.build import World
from tests.e2e.steps import sign_in

EMAIL = "it@käserei.example"


def test_what_the_browser_rewrites_signs_in_and_changes_nothing(shared_server, page):
    world = World(shared_server.app)
    stored = {f"{kind}_email": f"{kind}@käserei.example" for kind in ("bittitan", "contact", "billing")}
    account = world.account(name="Käserei Nord", **stored)
    tab = sign_in(page(shared_server), world.user(world.distributor, email=EMAIL))
    tab.goto(f"/accounts/{account.id}/edit")
    sent = tab.locator("[name=bittitan_email]").input_value()
    assert sent == "bittitan@xn--kserei-bua.example", "else this test proves nothing"
    tab.get_by_label("Name", exact=True).fill("Käserei Süd")
    tab.get_by_role("button", name="Save", exact=True).click()
    tab.get_by_role("heading", name="Käserei Süd").wait_for()
    now = world.reload(account)
    assert {name: getattr(now, name) for name in stored} == stored
    assert (now.name, now.is_synchronized, now.version) == ("Käserei Süd", True, 2)
