"""A sign-in that runs out in the middle of an edit: nothing that was typed is lost, and nobody else gets it."""

import json
from datetime import timedelta

import pytest
from flask import request
from sqlalchemy import select, update
from wtforms import SelectMultipleField, StringField

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Draft, SignIn
from portal.services.users import form_drafts
from portal.web.forms import Form
from portal.web.pages.fragments import render_page
from portal.web.security.guards import signed_in
from tests.browser import Browser
from tests.page import Page
from tests.people import PASSWORD

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough

HTMX = {"HX-Request": "true"}
NAMES = ["One", "Two"]


class NoteForm(Form):
    name = StringField("Name")
    many = SelectMultipleField("Many", choices=NAMES)
    password = StringField("Secret")
    code = StringField("Code")


@pytest.fixture
def app(app):
    """With a page to edit something, at /notes/7/edit, and an act without a page, at /notes/7/edit/acts."""
    saved = app.extensions["notes"] = []

    @app.route("/notes/7/edit", methods=["GET", "POST"])
    @signed_in
    def edit_note():
        form = NoteForm()
        if form.validate_on_submit():
            saved.append(form.name.data)
            return render_page("errors/error.html", block="page", title="Saved", text="", status=200)
        text = "|".join([form.name.data or "", *(form.many.data or []), form.password.data or "", form.code.data or ""])
        return render_page("errors/error.html", block="page", title="Edit", text=f"({text})", status=200)

    @app.route("/notes/7/edit/acts", methods=["POST"])
    @signed_in
    def act_on_note():
        saved.append(request.form["name"])
        return ""

    return app


@pytest.fixture
def dana(app, world):
    """Signed in, with a token from the page, and then away for too long."""
    browser = Browser(app)
    browser.submit(browser.visit("/sign-in?next=/password"), email=world.dana.email, password=PASSWORD)
    browser.token()
    run_out(app)
    return browser


def run_out(app) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(SignIn).values(expires_at=clock.now() - timedelta(minutes=1)))


def save(browser: Browser, *, url="/notes/7/edit", headers=None, **fields):
    typed = {"name": "What I typed", "many": NAMES, "password": "hush", "code": "SBX-SECRET"} | fields
    return browser.raw("POST", url, data={"csrf_token": browser.token(), **typed}, headers=headers or {})


def sign_in(browser: Browser, email: str, asked, headers=None):
    fields = {"csrf_token": Page(asked, url="/sign-in").csrf_token, "email": email, "password": PASSWORD}
    if headers is None:
        fields["next"] = goal_of(asked)
    return browser.raw("POST", "/sign-in", data=fields, headers=headers or {})


def goal_of(asked) -> str:
    return Page(asked, url="/sign-in").value("next")


def test_a_page_comes_back_with_the_form_refilled_and_unsaved(app, world, dana):
    asked = save(dana)
    assert asked.status_code == 401
    assert "What you typed is kept" in asked.text
    answer = sign_in(dana, world.dana.email, asked)
    assert answer.status_code == 303
    page = dana.raw("GET", answer.location)
    assert "(What I typed|One|Two||)" in page.text
    assert "it is not saved yet" in page.text
    assert app.extensions["notes"] == []


def test_it_is_handed_out_once(world, dana):
    answer = sign_in(dana, world.dana.email, save(dana))
    dana.raw("GET", answer.location)
    assert "(||)" in dana.raw("GET", answer.location).text


def test_neither_passwords_nor_codes_are_kept(app, dana):
    save(dana, q="SBX-7KQ2-M9TA-4DRE-ZXC8")
    with app.app_context():
        kept = db.session.scalar(select(Draft))
    assert kept.fields == {"name": ["What I typed"], "many": NAMES}
    assert kept.path == "/notes/7/edit"


def test_somebody_else_gets_nothing_of_it(app, world, dana):
    asked = save(dana)
    answer = sign_in(dana, world.paula.email, asked)
    assert "draft" not in answer.location
    page = dana.raw("GET", goal_of(asked))
    assert "What I typed" not in page.text
    with app.app_context():
        assert db.session.scalar(select(Draft)) is not None


def test_a_stranger_leaves_no_draft(app, world):
    nobody = Browser(app)
    token = nobody.visit("/sign-in").csrf_token
    answer = nobody.raw("POST", "/notes/7/edit", data={"csrf_token": token, "name": "x"})
    assert answer.status_code == 401
    with app.app_context():
        assert db.session.scalar(select(Draft)) is None


def test_an_act_leads_back_to_its_page_without_being_done(app, world, dana):
    answer = sign_in(dana, world.dana.email, save(dana, url="/notes/7/edit/acts"))
    assert answer.location == "/notes/7/edit"
    assert app.extensions["notes"] == []


def test_too_much_is_not_kept(app, dana):
    asked = save(dana, name="x" * form_drafts.LARGEST)
    assert asked.status_code == 401
    assert "Nothing was changed" in asked.text
    with app.app_context():
        assert db.session.scalar(select(Draft)) is None


def test_a_day_later_it_is_gone(app, world, dana):
    answer = sign_in(dana, world.dana.email, save(dana))
    with app.app_context(), transaction():
        db.session.execute(update(Draft).values(created_at=clock.now() - timedelta(days=1, minutes=1)))
    assert "What I typed" not in dana.raw("GET", answer.location).text


def test_a_fragment_asks_in_flash_and_the_form_stays(dana):
    asked = save(dana, headers=HTMX)
    assert asked.status_code == 401
    assert asked.headers["HX-Retarget"] == "#flash"
    assert "What you typed is still here" in asked.text
    assert 'hx-post="/sign-in"' in asked.text
    assert "<html" not in asked.text


def test_after_it_the_same_press_saves(app, world, dana):
    asked = save(dana, headers=HTMX)
    answer = sign_in(dana, world.dana.email, asked, headers=HTMX)
    assert answer.status_code == 200
    assert answer.headers["HX-Retarget"] == "#flash"
    assert "please do it again" in answer.text
    token = json.loads(answer.headers["HX-Trigger"])["portal:csrf"]["token"]
    saved = dana.raw("POST", "/notes/7/edit", data={"csrf_token": token, "name": "What I typed"}, headers=HTMX)
    assert saved.status_code == 200
    assert app.extensions["notes"] == ["What I typed"]


def test_a_wrong_password_asks_again_in_flash(world, dana):
    asked = save(dana, headers=HTMX)
    world.edit(world.dana, password_hash=None)
    answer = sign_in(dana, world.dana.email, asked, headers=HTMX)
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#flash"
    assert "password is wrong" in answer.text


def test_somebody_else_is_led_away_from_the_page(world, dana):
    answer = sign_in(dana, world.paula.email, save(dana, headers=HTMX), headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/storefront/"
    assert answer.text == ""


def test_a_poll_does_not_take_the_focus(dana):
    answer = dana.raw("GET", "/notes/7/edit", headers=HTMX | {"X-Poll": "1"})
    assert answer.status_code == 401
    assert "autofocus" not in answer.text


def test_signing_out_elsewhere_counts_as_run_out(app, world):
    """The other tab's page has a token of the session that has ended."""
    browser = Browser(app)
    browser.submit(browser.visit("/sign-in?next=/password"), email=world.dana.email, password=PASSWORD)
    old = browser.token()
    browser.raw("POST", "/sign-out", data={"csrf_token": old})
    answer = browser.raw("POST", "/notes/7/edit", data={"csrf_token": old, "name": "x"}, headers=HTMX)
    assert answer.status_code == 401
    assert app.extensions["notes"] == []
    again = sign_in(browser, world.dana.email, answer, headers=HTMX)
    assert "HX-Redirect" not in again.headers, "the form with what was typed has gone"
    assert "please do it again" in again.text


def test_a_page_older_than_the_sign_in_gets_a_token_and_asks_to_save_again(app, world):
    browser = Browser(app)
    browser.submit(browser.visit("/sign-in?next=/password"), email=world.dana.email, password=PASSWORD)
    answer = browser.raw("POST", "/notes/7/edit", data={"csrf_token": "old", "name": "x"}, headers=HTMX)
    assert answer.status_code == 400
    assert "Save again" in answer.text
    assert json.loads(answer.headers["HX-Trigger"])["portal:csrf"]["token"]
    plain = browser.raw("POST", "/notes/7/edit", data={"csrf_token": "old", "name": "x"})
    assert plain.status_code == 400
    assert 'href="/notes/7/edit"' in plain.text
    assert app.extensions["notes"] == []
