import pytest

from portal.sandbox.storage.shapes import organization_id

pytestmark = pytest.mark.sqlite  # the services have proved it on both: once is enough


def test_one_is_looked_up_by_its_code(flask, world, sandbox):
    world.edit(world.customer, organization_id=None)
    said = flask("accounts", "synchronize", "bright")
    assert (said.exit_code, said.output) == (0, "BRIGHT: synchronized as Account-3\n")
    assert world.reload(world.customer).organization_id == organization_id(world.customer.bittitan_email)


def test_all_are_looked_up_one_line_each(flask, world, sandbox):
    world.edit(world.rival, bittitan_email="unknown@nowhere.example")
    world.edit(world.direct_customer, bittitan_email=None)
    world.edit(world.rival_customer, disabled_at=world.rival.created_at)
    said = flask("accounts", "synchronize", "--all")
    assert said.exit_code == 0
    assert [line.split(":")[0] for line in said.output.splitlines()] == ["BRIGHT", "DIST-1", "NORTH", "RIVERA"]
    assert "RIVERA: unsynchronized, BitTitan does not know unknown@nowhere.example" in said.output
    assert not world.reload(world.rival).is_synchronized


def test_a_named_one_that_is_unknown_is_refused(flask, world, sandbox):
    world.edit(world.rival, bittitan_email="unknown@nowhere.example")
    world.edit(world.direct_customer, bittitan_email=None)
    assert flask("accounts", "synchronize", "RIVERA", "NORTH").exit_code == 2
    said = flask("accounts", "synchronize", "HARBOUR")
    assert said.exit_code == 2
    assert "HARBOUR: Enter the e-mail address" in said.output


def test_without_an_answer_it_stops_calmly(flask, world, sandbox):
    sandbox.control.fault("findOrganization", "drop_before", times=None)
    said = flask("accounts", "synchronize", "--all")
    assert said.exit_code == 5
    assert said.stderr.startswith("BRIGHT: BitTitan is not answering")
    assert said.stderr.count("\n") == 1
    assert world.reload(world.customer).is_synchronized


def test_what_cannot_be_meant_is_said(flask, world):
    assert flask("accounts", "synchronize").exit_code == 2
    assert flask("accounts", "synchronize", "--all", "NORTH").exit_code == 2
    assert flask("accounts", "synchronize", "NOBODY").exit_code == 3


def test_an_empty_database_gets_its_tree(flask, app):
    made = [
        flask("accounts", "create", "--name", "Us", "--kind", "distributor", "--currency", "EUR", "--code", "D-1"),
        flask("accounts", "create", "--name", "North", "--kind", "partner", "--currency", "EUR", "--under", "d-1"),
    ]
    assert [said.exit_code for said in made] == [0, 0]
    assert made[0].output == "D-1\n"
    second = flask("accounts", "create", "--name", "Other", "--kind", "distributor", "--currency", "EUR")
    assert (second.exit_code, second.stderr) == (2, "There is one distributor already.\n")
    lost = flask("accounts", "create", "--name", "X", "--kind", "partner", "--currency", "EUR", "--under", "nobody")
    assert lost.exit_code == 3


def test_a_look_alike_is_made_only_by_who_says_so(flask, world):
    args = ("accounts", "create", "--name", "Again", "--kind", "customer", "--under", "NORTH", "--currency", "EUR")
    said = flask(*args, "--code", "BR1GHT")
    assert (said.exit_code, said.stderr) == (
        2, "Looks like BRIGHT Brightwood Dental, which is there already. Nothing was made. Add --is-another if it is "
        "another account.\n",
    )  # fmt: skip
    assert flask(*args, "--code", "BR1GHT", "--is-another").output == "BR1GHT\n"
    assert flask(*args, "--code", "#N/A").exit_code == 2
