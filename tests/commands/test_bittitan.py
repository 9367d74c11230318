import json

import pytest

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Connection
from portal.sandbox.storage.shapes import organization_id

pytestmark = pytest.mark.sqlite  # the services have proved it on both: once is enough


def test_connecting_remembers_the_organisation_and_reads_the_types(flask, app, settings, sandbox):
    said = flask("bittitan", "connect")

    assert said.exit_code == 0
    assert "BitTitan Mailbox License: can be ordered." in said.output
    facts = json.loads(flask("bittitan", "status", "--json").stdout)
    assert facts["organization_id"] == organization_id(settings.bittitan.email)
    assert facts["answered_at"]


def test_another_organisation_is_refused(flask, app, sandbox):
    _put(app, organization_id=organization_id("somebody@else.example"))

    assert flask("bittitan", "connect").exit_code == 4


def test_a_person_who_connects_lets_purchases_go_on(flask, app, sandbox):
    _put(app, needs_person=True, cause="SignInFailed")
    assert flask("bittitan", "status").exit_code == 5

    assert flask("bittitan", "connect").exit_code == 0
    assert flask("bittitan", "status").exit_code == 0


def test_without_an_answer_nothing_is_remembered(flask, sandbox):
    sandbox.control.fault("signIn", "drop_before", times=None)

    said = flask("bittitan", "connect")

    assert (said.exit_code, said.stderr.count("\n")) == (5, 1)
    assert json.loads(flask("bittitan", "status", "--json").stdout)["organization_id"] is None


def _put(app, **columns) -> None:
    with app.app_context(), transaction():
        db.session.merge(Connection(id=1, **columns))
