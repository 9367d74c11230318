"""A stolen session is no takeover: what gives the portal away asks for the password, if it was given long ago."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import SignIn, User
from portal.services import limits
from portal.services.users import sign_in, sign_in_throttle
from tests import dump
from tests.browser import Browser
from tests.people import PASSWORD
from tests.web import filled, routes
from tests.web.rows import Rows, address
from tests.web.rows import routes as all_routes

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough

GUARDED = {
    "accounts.users.new", "accounts.users.edit", "accounts.users.link", "accounts.users.disable",
    "accounts.users.enable", "accounts.disable", "accounts.enable", "accounts.merge_into", "accounts.export",
    "bss.assets.export", "storefront.assets.export", "bss.imports.rejects", "bss.assets.attest", "bss.bittitan.release",
    "bss.connection.confirm", "bss.leaving_packs.index", "bss.leaving_packs.download",
}  # fmt: skip
OWN = "own_password"
WRONG = "not the password"
HTMX = {"HX-Request": "true"}


def age(app, by: timedelta = sign_in.FRESH) -> None:
    """So long ago everybody gave the password."""
    with app.app_context(), transaction():
        for row in db.session.scalars(select(SignIn)):
            row.authenticated_at -= by


def asks(answer) -> bool:
    return f'name="{OWN}"'.encode() in answer.get_data()  # which may be a file


@pytest.mark.parametrize("nick", ["dora", "paula", "cora"])
def test_guarded_acts_ask_and_no_others(app, browse, world, nick):
    """Of all routes. Nothing is done before the password is given, and everything as usual after it."""
    browser, rows, faults, seen = browse(nick), Rows(world), [], set()
    expected = routes.expectations()
    for method, rule in all_routes(app):
        allowed = expected[method, rule.endpoint][nick]
        is_looked_at = method == "POST" or rule.endpoint in GUARDED
        if not is_looked_at or rule.endpoint.startswith("auth.") or not allowed & {200, 303}:
            continue
        values = rows.values(rule, rows.own_account(nick))
        url, data = address(app, rule, values), filled.data_for(rule.endpoint, values, world)
        age(app)
        before = dump.dump(app) if rule.endpoint in GUARDED else {}
        answer = _send(browser, method, url, data)
        if rule.endpoint not in GUARDED or method == "GET":
            faults += [f"{method} {url} asks"] if asks(answer) else []
            continue
        seen.add(rule.endpoint)
        refused = _send(browser, method, url, {**data, OWN: WRONG})
        tokenless = browser.raw(method, url, data={**data, OWN: PASSWORD})
        statuses = (answer.status_code, refused.status_code, tokenless.status_code)
        changed = dump.difference(before, dump.dump(app))
        done = _send(browser, method, url, {**data, OWN: PASSWORD})
        if statuses != (401, 422, 400) or changed or done.status_code not in allowed or asks(done):
            faults.append(f"{url}: {statuses}, then {done.status_code}; {changed}")
    assert not faults, "\n".join(faults)
    assert seen >= {"accounts.users.new", "accounts.users.edit", "accounts.users.link", "accounts.export"}


def _send(browser: Browser, method: str, url: str, data: dict):
    if method == "GET":
        return browser.raw(method, url)
    return browser.raw(method, url, data={"csrf_token": browser.token()} | data)


def test_what_was_typed_survives_and_the_act_goes_on(app, browse, world):
    cora = browse("cora")
    page = cora.open("accounts.users.new", account_id=world.customer.id)
    age(app)
    asked = cora.submit(page, "Make the link", name="Nia New", email="nia@new.example", role="viewer")
    assert (asked.status, asked.h1) == (401, "Enter your password to continue")
    wrong = cora.submit(asked, "Continue", **{OWN: WRONG})
    assert (wrong.status, wrong.errors) == (422, ["This is not your password."])
    assert WRONG not in wrong.body
    assert _person(app, "nia@new.example") is None
    done = cora.submit(wrong, "Continue", **{OWN: PASSWORD})
    assert done.h1 == "The link for Nia New"
    nia = _person(app, "nia@new.example")
    assert (nia.name, nia.role.value) == ("Nia New", "viewer")
    assert cora.submit(page, "Make the link", name="Nia Two", email="two@new.example").status == 200


def test_an_administrator_cannot_take_over_her_own_account_with_a_stolen_session(app, browse, world):
    dora = browse("dora")
    where = {"account_id": world.distributor.id, "user_id": world.dora.id}
    page = dora.open("accounts.users.edit", **where)
    age(app)
    for asked in (dora.submit(page, "Make a new link"), dora.submit(page, "Save", email="thief@evil.example")):
        assert asked.status == 401
    row = world.reload(world.dora)
    assert (row.link_hash, row.email) == (None, "dora@distributor.example")
    linked = dora.submit(dora.submit(page, "Make a new link"), "Continue", **{OWN: PASSWORD})
    assert linked.h1 == "The link for Dora Lind"


def test_giving_it_throws_a_copy_of_the_cookie_out_and_keeps_open_pages_good(app, browse, world):
    cora, thief = browse("cora"), browse()
    page = cora.open("accounts.users.new", account_id=world.customer.id)
    other_tab = cora.open("accounts.users.edit", account_id=world.customer.id, user_id=world.carl.id)
    age(app)
    thief.client.set_cookie("session", cora.client.get_cookie("session").value)
    cora.submit(cora.submit(page, "Make the link", name="N", email="n@new.example"), "Continue", **{OWN: PASSWORD})
    assert cora.submit(other_tab, "Save", name="Carl Older").flash == "Saved."
    assert thief.raw("GET", "/password").status_code == 200, "what was under way is still answered"
    with app.app_context(), transaction():
        for row in db.session.scalars(select(SignIn)):
            row.expires_at -= sign_in.GRACE
    assert thief.raw("GET", "/password").status_code == 302
    assert cora.raw("GET", "/password").status_code == 200


def test_it_moves_no_end_of_a_session(app, browse, world):
    cora = browse("cora")
    page = cora.open("accounts.users.new", account_id=world.customer.id)
    with app.app_context(), transaction():
        row = db.session.scalar(select(SignIn))
        row.created_at -= sign_in.LONGEST - timedelta(minutes=20)
        row.authenticated_at -= sign_in.FRESH
        began_at = row.created_at
    cora.submit(cora.submit(page, "Make the link", name="N", email="n@new.example"), "Continue", **{OWN: PASSWORD})
    with app.app_context():
        newest = db.session.scalar(select(SignIn).order_by(SignIn.authenticated_at.desc()))
        assert (newest.created_at, newest.expires_at) == (began_at, began_at + sign_in.LONGEST)
        assert newest.user.signed_in_at < newest.authenticated_at, "nobody has signed in"


def test_the_tenth_code_is_shown_and_the_eleventh_asks(app, browse, world):
    asset = world.asset("synchronized")
    dana = browse("dana", htmx=True)
    page = dana.open("bss.assets.show", asset_id=asset.id)
    for _ in range(12):
        assert world.code_of(asset) in dana.submit(page, "Reveal").body, "fresh: as many as one likes"
    age(app)
    for _ in range(limits.MOST_IN_A_SESSION):
        assert world.code_of(asset) in dana.submit(page, "Reveal").body
    asked = dana.submit(page, "Reveal")
    assert asked.status == 401
    assert asked.headers["HX-Retarget"] == "#flash"
    shown = dana.submit(asked, "Continue", **{OWN: PASSWORD})
    assert world.code_of(asset) in shown.body
    assert shown.soup.section["id"] == f"code-{asset.id}", "the fragment that the first press had asked for"
    assert "not be asked again" in shown.flash


def test_codes_of_the_surplus_register_count_as_well(app, browse, world):
    coupon = world.surplus(world.asset("synchronized"))
    dana = browse("dana")
    page = dana.open("bss.surplus.show", coupon_id=coupon.id)
    age(app)
    answers = [dana.submit(page, "Reveal").status for _ in range(limits.MOST_IN_A_SESSION + 1)]
    assert answers == [200] * limits.MOST_IN_A_SESSION + [401]


@pytest.mark.parametrize(
    "endpoint, status, field", [("sync", "failed", "not_bought"), ("edit", "failed", "not_bought")]
)
def test_whoever_says_that_it_was_not_bought_is_asked(app, browse, world, endpoint, status, field):
    asset, dana = world.asset(status), browse("dana")
    url = dana.url(f"bss.assets.{endpoint}", asset_id=asset.id)
    age(app)
    assert asks(_send(dana, "POST", url, {field: "y"}))
    assert not asks(_send(dana, "POST", url, {}))


def test_an_account_that_is_hung_under_another_asks(app, browse, world):
    """Its codes are seen by other people then."""
    dana = browse("dana")
    page = dana.open("accounts.edit", account_id=world.customer.id)
    age(app)
    assert dana.submit(page, "Save", name="Renamed").flash == "Saved."
    page = dana.open("accounts.edit", account_id=world.customer.id)
    asked = dana.submit(page, "Save", parent=str(world.rival.id), name="Moved", code="MOVED-1")
    row = world.reload(world.customer)
    assert (asked.status, row.parent_id, row.name) == (401, world.partner.id, "Renamed")
    preview = dana.submit(asked, "Continue", **{OWN: PASSWORD})
    assert world.reload(world.customer).parent_id == world.partner.id
    dana.submit(preview, "Move it")
    row = world.reload(world.customer)
    assert (row.parent_id, row.name, row.code) == (world.rival.id, "Moved", "MOVED-1")


def test_a_retry_asks_where_it_takes_imported_ones_along(app, browse, world):
    dana = browse("dana")
    url = dana.url("bss.retries.start", retry_id=world.retry("prepared").id)
    age(app)
    assert asks(_send(dana, "POST", url, {"version": "2", "imported": "y"}))
    assert not asks(_send(dana, "POST", url, {"version": "2"}))


def test_wrong_ones_count_like_those_of_signing_in(app, browse, world):
    cora = browse("cora")
    url = cora.url("accounts.users.new", account_id=world.customer.id)
    age(app)
    answers = [_send(cora, "POST", url, {OWN: WRONG}) for _ in range(sign_in_throttle.NEWEST_DEVICE.free + 1)]
    assert [each.status_code for each in answers] == [422] * sign_in_throttle.NEWEST_DEVICE.free + [429]
    assert answers[-1].headers["Retry-After"]
    assert _send(cora, "POST", url, {OWN: PASSWORD}).status_code == 429
    cora.client.delete_cookie("device")
    assert _send(cora, "POST", url, {OWN: WRONG}).status_code == 422, "she is signed in: no stranger"
    again = browse()
    token = again.visit("/sign-in").csrf_token
    typed = {"csrf_token": token, "email": world.cora.email, "password": PASSWORD}
    assert again.raw("POST", "/sign-in", data=typed).status_code == 303


def test_without_a_place_for_the_answer_htmx_goes_on_as_a_page(app, browse, world):
    asset, dana = world.asset("review"), browse("dana")
    age(app)
    url = dana.url("bss.assets.attest", asset_id=asset.id)
    data = {"csrf_token": dana.token(), "version": asset.version, "reason": "BitTitan says so\n<b>& more"}
    asked = dana.raw("POST", url, data=data, headers=HTMX)
    assert asks(asked)
    assert "hx-post" not in asked.text
    assert 'value="BitTitan says so\n&lt;b&gt;&amp; more"' in asked.text
    targeted = dana.raw("POST", url, data=data, headers=HTMX | {"HX-Target": f"asset-{asset.id}"})
    assert f'hx-target="#asset-{asset.id}"' in targeted.text
    forged = dana.raw("POST", url, data=data, headers=HTMX | {"HX-Target": 'x" onclick="'})
    assert "onclick" not in forged.text


def test_the_address_keeps_what_a_list_is_filtered_by(app, browse, world):
    world.asset("synchronized", name="Wanted")
    world.asset("synchronized", name="Other")
    dana = browse("dana")
    url = dana.url("bss.assets.export") + "?q=wanted"
    age(app)
    asked = dana.send("POST", url, data={"csrf_token": dana.token()})
    form = next(form for form in asked.forms if form.find(attrs={"name": OWN}))
    sent = dana.raw("POST", form["action"], data={"csrf_token": asked.csrf_token, OWN: PASSWORD})
    assert sent.mimetype == "text/csv"
    assert ("Wanted" in sent.text, "Other" in sent.text) == (True, False)


def test_another_address_ends_other_sessions_and_the_open_link(app, browse, world):
    with app.app_context(), transaction():
        db.session.execute(
            update(User).where(User.id == world.dora.id).values(link_hash="x", link_expires_at=clock.now())
        )
    here, elsewhere = browse("dora"), browse("dora")
    carl = browse("carl")
    for account, person in ((world.distributor, world.dora), (world.customer, world.carl)):
        page = here.open("accounts.users.edit", account_id=account.id, user_id=person.id)
        assert here.submit(page, "Save", email=f"new-{person.email}").flash == "Saved."
        assert world.reload(person).link_hash is None
    assert here.raw("GET", "/password").status_code == 200
    assert elsewhere.raw("GET", "/password").status_code == 302
    assert carl.raw("GET", "/password").status_code == 302


def test_another_name_ends_nothing(browse, world):
    dora, carl = browse("dora"), browse("carl")
    page = dora.open("accounts.users.edit", account_id=world.customer.id, user_id=world.carl.id)
    dora.submit(page, "Save", name="Carl Older")
    assert carl.raw("GET", "/password").status_code == 200


def _person(app, email: str) -> User | None:
    with app.app_context():
        return db.session.scalar(select(User).where(User.email == email))
