"""An account that looks like one that is there is made only by a person who has seen that."""

import pytest

from portal.core.errors import InvalidInput
from portal.core.lookalike import look
from portal.models import AccountKind
from portal.services import accounts


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("one", "other"),
    [("0042", "42"), ("CUST-0001", "СUST-0001"), ("CUST-0001", "CUST–0001"), ("PART-001", "ΡΑRТ_001"), ("A-10", "a-1O"),
     ("CUST-0001", "cust0001"), ("ÜNAL-1", "UNAL-1"), ("ＣUST‑０００1", "CUST-0001"), ("B\u200bRIGHT", "BR1GHT")],
)  # fmt: skip
def test_codes_that_look_alike(one, other):
    assert look(one) == look(other)


@pytest.mark.sqlite
@pytest.mark.parametrize(("one", "other"), [("42", "420"), ("CUST-1-11", "CUST-11-1"), ("OSLO", "SLO"), ("A1", "B1")])
def test_codes_that_do_not(one, other):
    assert look(one) != look(other)


def make(world, by=None, **details):
    given = {"name": "New", "currency": "EUR"} | details
    return accounts.create(
        kind=AccountKind.CUSTOMER, parent_id=world.partner.id, details=given, by=by or world.dana,
        is_another=given.pop("is_another", False),
    ).account  # fmt: skip


@pytest.mark.parametrize("door", ["dana", "command line"])
def test_who_makes_a_look_alike_is_told_first(world, app_context, door):
    by = world.dana if door == "dana" else "command line"
    for details in ({"code": "BR1GHT"}, {"name": world.customer.name, "contact_email": world.customer.bittitan_email}):
        with pytest.raises(InvalidInput, match="Looks like BRIGHT Brightwood Dental") as refusal:
            make(world, by, **details)
        assert refusal.value.field == "is_another"
        assert make(world, by, is_another=True, **details)


@pytest.mark.parametrize(
    ("details", "what"),
    [
        ({"name": "brightwood  dental"}, "the same name"),
        ({"billing_email": "Bittitan@Brightwood.example"}, "the same e-mail address"),
        ({"vat_number": "DE 136.695-976"}, "the same VAT number"),
        ({"name": "Brightwood Dental", "vat_number": "de136695976"}, "the same VAT number"),
    ],
)
def test_one_thing_in_common_is_remarked(world, app_context, details, what):
    world.edit(world.customer, vat_number="DE136695976", bittitan_email="bittitan@brightwood.example")
    with pytest.raises(InvalidInput) as refusal:
        make(world, **details)
    said = f"Looks like BRIGHT Brightwood Dental, which is there already: {what}."
    assert (refusal.value.field, refusal.value.message) == ("is_another", said)
    assert make(world, is_another=True, **details)


def test_nobody_learns_of_accounts_that_they_do_not_see(world, app_context):
    assert world.rival.code == "RIVERA"
    assert make(world, world.paula, name="R1VERA").code
    assert make(world, world.paula, name=world.rival.name, contact_email=world.rival.bittitan_email)
