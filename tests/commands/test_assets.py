import json

import pytest

from portal.extensions import db
from portal.models import Asset, CreditCause, SyncStatus
from tests.services.invoicing.conftest import Billing

pytestmark = pytest.mark.sqlite


def test_an_asset_is_shown_without_its_code(flask, world):
    asset = world.asset("synchronized", code="SBX-AAAA-BBBB-CCCC-DDDD")

    for number in (str(asset.id), asset.number, asset.number.lower()):
        said = flask("assets", "show", number, "--json")
        facts = json.loads(said.stdout)
        assert (facts["id"], facts["sync_status"]) == (asset.id, "synchronized")
        assert facts["coupon"]["code"] == "••••DDDD"
    plain = flask("assets", "show", str(asset.id))
    assert plain.exit_code == 0
    assert "BBBB" not in said.output + plain.output


def test_a_failed_asset_is_asked_for_again(flask, world):
    asset = world.asset("failed")

    facts = json.loads(flask("assets", "resync", str(asset.id), "--json").stdout)

    assert facts["sync_status"] == "synchronizing"
    assert facts["last_attempt"]["number"] == asset.attempts_made + 1


@pytest.mark.parametrize("status", ["synchronized", "synchronizing", "unconfirmed", "review"])
def test_whatever_did_not_fail_is_left_alone(flask, world, status):
    asset = world.asset(status)

    said = flask("assets", "resync", str(asset.id), "--json")

    assert said.exit_code == 4
    assert said.stderr.strip()
    assert json.loads(flask("assets", "show", str(asset.id), "--json").stdout)["sync_status"] == status


@pytest.mark.parametrize("number", ["0", "99999", "99999999999999999999", "AS-", "x", "١"])
@pytest.mark.parametrize("act", ["show", "resync"])
def test_what_is_not_there_is_not_found(flask, world, act, number):
    assert flask("assets", act, number).exit_code == 3


def test_what_was_credited_is_bought_again_only_with_its_credit_notes_named(flask, world, app):
    billing = Billing(app, world)
    billing.prepare()
    asset, other = billing.delivered(), world.asset("failed")
    note = billing.credit(billing.issued(asset), cause=CreditCause.NOT_DELIVERED)
    with world.transaction():
        row = db.session.get(Asset, asset.id)
        row.sync_status, row.coupon_id = SyncStatus.FAILED, None
    for named in ((), ("--credited-with", "CN-1"), ("--credited-with", note.number, "--credited-with", "CN-1")):
        said = flask("assets", "resync", asset.number, *named)
        assert (said.exit_code, f"--credited-with {note.number}." in said.stderr) == (2, True)
    said = flask("assets", "resync", other.number, "--credited-with", note.number)
    assert (said.exit_code, "was not credited" in said.stderr) == (2, True)
    facts = json.loads(flask("assets", "resync", asset.number, "--credited-with", note.number, "--json").stdout)
    assert facts["sync_status"] == "synchronizing"
