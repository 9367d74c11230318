"""The password once more, in the real browser: the act goes on where it was begun."""

import pytest
from sqlalchemy import select

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import SignIn
from portal.services import limits
from portal.services.users import sign_in as service
from tests.build import World
from tests.e2e.steps import sign_in, with_script
from tests.people import PASSWORD


@pytest.fixture(scope="module")
def world(shared_server) -> World:
    return World(shared_server.app)


def use_up(app) -> None:
    """All sessions have shown as many codes as they may, and the password was given long ago."""
    with app.app_context():
        with transaction():
            sessions = db.session.scalars(select(SignIn)).all()
            for row in sessions:
                row.authenticated_at -= service.FRESH
        for row in sessions:
            while limits.admit_reveal(row.token_hash):
                pass


@pytest.mark.parametrize("javascript", [True, False])
def test_a_code_is_shown_where_it_was_asked_for(shared_server, world, page, javascript):
    asset = world.asset("synchronized")
    code = world.code_of(asset)
    tab = sign_in(page(shared_server, javascript=javascript), world.dana)
    tab.goto(f"/bss/billing/assets/{asset.id}")
    if javascript:
        with_script(tab)
    use_up(shared_server.app)
    tab.get_by_role("button", name="Reveal").click()
    answer(tab, "not the password")
    tab.get_by_text("This is not your password.").wait_for()
    assert code not in tab.content()
    answer(tab, PASSWORD)
    tab.get_by_text(code).wait_for()
    assert tab.get_by_label("Your password", exact=True).count() == 0
    assert tab.url.endswith(f"/{asset.id}") is javascript, "in place, or as the answer to the press"


def answer(tab, password: str) -> None:
    tab.get_by_label("Your password", exact=True).fill(password)
    tab.get_by_role("button", name="Continue").click()
