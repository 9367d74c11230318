import json

import pytest

pytestmark = pytest.mark.sqlite

FOREIGN = "mrd-" + "0" * 32


def test_the_identity_holds(flask, sandbox):
    said = flask("money")
    assert said.exit_code == 0
    assert "Every coupon is accounted for." in said.output
    facts = json.loads(flask("money", "--json").stdout)
    assert (facts["holds"], facts["complete"], facts["findings"]) == (True, True, [])


def test_a_coupon_of_nobody_is_named_by_its_reference(flask, sandbox):
    sandbox.control.put_coupons([{"Code": "SBX-LOST-0001", "ExternalReference": FOREIGN}])
    said = flask("money")
    assert said.exit_code == 2
    assert FOREIGN in said.output
    assert "SBX-LOST" not in said.output
    facts = json.loads(flask("money", "--json").stdout)
    assert (facts["holds"], [each["reference"] for each in facts["findings"]]) == (False, [FOREIGN])


def test_what_could_not_be_asked_is_not_claimed(flask, sandbox):
    sandbox.control.fault("searchCoupons", "html", times=None)
    said = flask("money", "--json")
    assert said.exit_code == 5
    facts = json.loads(said.stdout)
    assert (facts["holds"], facts["complete"], facts["findings"]) == (None, False, [])
    assert "there is no result" in flask("money").stderr
