"""What is read from pasted text, and where it leads whom."""

import pytest

from portal.core.errors import InvalidInput
from portal.services import assets, pasted_codes
from tests.pasted import ONE_CODE, pasted

CODE, OTHER, UNKNOWN = "SBX-7KQ2-M9TA-44XW-PP0Q", "TEST-1A2B-3C4D", "SBX-4F7K-9QAB-2WXY-ZZ34"
STRANGE = ["summer2026sale", "Gift.2026/x", "Kaufen-und-sparen", "MSPCNRDFBV6GBY48VL4D", "0123456789", "a-B-c-D-1-2"]
"""Codes of none of our shapes."""

pytestmark = [pytest.mark.usefixtures("app_context"), pytest.mark.sqlite]


@pytest.fixture
def asset(world):
    return world.asset("synchronized", code=CODE, name="Mailboxes")


@pytest.mark.parametrize("nick", ["dana", "paula"])
def test_a_code_leads_to_its_asset_whatever_clings_to_it(world, asset, nick):
    for kind in ONE_CODE:
        found = pasted_codes.look_up(getattr(world, nick), pasted(kind, CODE))
        assert getattr(found, "asset_id", None) == asset.id, kind


@pytest.mark.parametrize(
    "nick, sentence",
    [
        ("rita", "No asset holds exactly this code."),
        ("elena", "Your role does not include"),
        ("vera", "Your role does not include"),
    ],
)
def test_a_code_is_no_search_for_those_who_do_not_find_it(world, asset, nick, sentence):
    for kind in ONE_CODE:
        found = pasted_codes.look_up(getattr(world, nick), pasted(kind, CODE))
        assert found is not None, kind
        assert (found.asset_id, sentence in found.sentence) == (None, True), kind


def test_an_unknown_code_is_named_as_such(world, asset):
    for kind in ONE_CODE:
        found = pasted_codes.look_up(world.dana, pasted(kind, UNKNOWN))
        assert getattr(found, "is_unknown", False), kind
        assert found.sentence.startswith("No asset holds exactly this code."), kind
        is_invisible = any(mark in kind for mark in ("zero", "soft", "mark", "join"))
        assert ("Invisible characters" in found.sentence) is is_invisible, kind


@pytest.mark.parametrize("code", STRANGE)
def test_a_code_of_no_shape_is_known_by_being_on_record(world, code):
    asset = world.asset("synchronized", code=code)
    for text in (code, f" {code}.", f"“{code}”", f"Code: {code}", code.lower(), code.upper(), f"\ufeff{code}\u200b"):
        assert pasted_codes.look_up(world.dana, text).asset_id == asset.id, text
        assert pasted_codes.look_up(world.vera, text) is not None, text


def test_coupons_that_are_no_assets_code_are_no_search_either(world, asset):
    coupon = world.surplus(asset, code="left.over.1")
    found = pasted_codes.look_up(world.dana, f"{coupon.code},")
    assert found.is_unknown


@pytest.mark.parametrize(
    "text",
    [f"{CODE} {OTHER}", f"{CODE},{OTHER}", f"{CODE}\n{UNKNOWN}", f"{UNKNOWN} / {OTHER.lower()}", f"“{CODE}” – {OTHER}"],
)
def test_two_codes_are_told_apart(world, asset, text):
    world.asset("synchronized", code=OTHER)
    assert "more than one code" in pasted_codes.look_up(world.dana, text).sentence
    with pytest.raises(InvalidInput, match="more than one code"):
        assets.entered_code(text, by=world.dana)


@pytest.mark.parametrize("text", ["•••• PP0Q", "••••PP0Q", "****-****-PP0Q", "ends in •••• PP0Q", "XXXX-XXXX-PP0Q"])
def test_a_masked_code_says_that_it_is_masked(world, asset, text):
    assert "masked" in pasted_codes.look_up(world.dana, text).sentence
    with pytest.raises(InvalidInput, match="masked"):
        assets.entered_code(text, by=world.dana)


def test_of_codes_that_differ_in_case_the_typed_one_is_meant(world):
    one, other = world.asset("synchronized", code="aBc-1234"), world.asset("synchronized", code="ABC-1234")
    assert pasted_codes.look_up(world.dana, "aBc-1234.").asset_id == one.id
    assert pasted_codes.look_up(world.dana, "ABC-1234").asset_id == other.id


def test_a_longer_code_is_not_taken_for_the_one_that_it_begins_with(world):
    world.asset("synchronized", code="SBX-7KQ2-M9TA")
    assert pasted_codes.look_up(world.dana, "SBX-7KQ2-M9TA-XXXX").is_unknown


@pytest.mark.parametrize(
    "text",
    ["", "Mailboxes", "KQ2-M9", "AS-1", "AS-123456", "CUST-0088", "Migration 2026", "true north", "Müller & Co"],
)
def test_anything_else_is_an_ordinary_search(world, asset, text):
    world.asset("synchronized", code="TRUE")
    for nick in ("dana", "vera", "paula", "rita"):
        assert pasted_codes.look_up(getattr(world, nick), text) is None, nick


def test_a_name_that_resembles_a_code_is_a_name(world):
    world.asset(name="Contoso MIGRATION2025Q3X7")
    assert pasted_codes.look_up(world.dana, "migration2025q3x7") is None
    assert pasted_codes.look_up(world.rita, "migration2025q3x7") is not None


def test_a_short_code_in_other_letters_has_to_be_the_whole_text(world):
    """As one in its own letters: `S.L.` is the end of a Spanish company’s name."""
    asset = world.asset("synchronized", code="S.l")
    assert pasted_codes.look_up(world.dana, "s.L").asset_id == asset.id
    assert pasted_codes.look_up(world.dana, "Castaño Bodegas S.L., Bilbao 9") is None


@pytest.mark.parametrize("text", ["summer2026sale", "x1y2z3w4"])
def test_the_answer_does_not_tell_whether_a_text_is_somebody_elses_code(world, text):
    before = pasted_codes.look_up(world.rita, text)
    world.asset("synchronized", code=text)
    assert pasted_codes.look_up(world.rita, text) == before


def test_an_unknown_code_is_entered_without_what_clings_to_it(world):
    for kind in set(ONE_CODE) - {"no dashes", "small letters without dashes"}:
        assert assets.entered_code(pasted(kind, UNKNOWN), by=world.dana) in (UNKNOWN, UNKNOWN.lower()), kind


def test_a_code_on_record_is_entered_as_it_is_on_record(world, asset):
    for kind in ONE_CODE:
        assert assets.entered_code(pasted(kind, CODE), by=world.dana) == CODE, kind


@pytest.mark.parametrize(
    "text, sentence",
    [
        (" ", "Enter the"),
        ("OLD CODE 7777", "no spaces"),
        ("sbx hand 0001", "no spaces"),
        (f"{UNKNOWN} 25", "no spaces"),
        (f"{UNKNOWN.replace('-', ' ')} 25", "no spaces"),
        (f"{UNKNOWN}, 25 licences", "no spaces"),
        ("x1" * 65, "no coupon code"),
    ],
)
def test_what_is_no_code_is_refused_in_a_sentence(world, text, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        assets.entered_code(text, by=world.dana)
