"""No coupon's code is left in what BitTitan writes, and its sentences stay readable."""

import json

import pytest

from portal.providers.base import Refused, Unanswered
from portal.providers.bittitan import codes, redaction, shapes
from portal.providers.bittitan.wire import Answer, Request
from tests.providers.conftest import coupon, error_body
from tests.providers.raw_server import answer, says

CODE = "SBX-AB2C-DEFG-HJKL-MNP4"
LETTERS = "lantern-of-the-harbour"
WRITTEN = [
    CODE, CODE.lower(), CODE.title(), CODE.replace("-", ""), CODE.replace("-", " "), CODE.replace("-", "\n"),
    CODE.replace("-", "-\n"), CODE.replace("-", "_"), CODE.replace("-", "‑"), " ".join(CODE), "-".join(CODE),
    CODE[4:18], CODE[-9:], f"({CODE})", f"“{CODE}”", f"code={CODE};", f"{CODE}.", f"x{CODE}y",
    "MSPCNRDFBV6GBY48VL4D", "mspcnrdfbv6gby48vl4d", "1234567890123456", "1234-5678-9012-3456", "1234 5678 9012 3456",
    "ABCD-EFGH-IJKL-MNOP", "abcd-efgh-ijkl-mnop", "ABCD EFGH IJKL MNOP", "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b01",
]  # fmt: skip
PLAIN = [
    "The limit is 500.",
    "Quantity must be between 1 and 5000.",
    "ExpireDays must not be more than 730; you asked for 9000.",
    "The organization is not linked to your distributor account.",
    "Under maintenance until 2026-11-30T10:00:00Z, then on 2026-12-01 from 06:00 UTC.",
    "Your credit is EUR 500.00 of EUR 20,000.00; a state-of-the-art sentence.",
    "InternalError at https://api.bittitan.example/v1/coupons",
]


def longest_shared(shown: str, code: str) -> int:
    """How many letters in a row of the code can still be read."""
    plain, letters = ("".join(mark for mark in text.casefold() if mark.isalnum()) for text in (shown, code))
    pieces = (letters[start:end] for start in range(len(letters)) for end in range(start + 1, len(letters) + 1))
    return max((len(piece) for piece in pieces if piece in plain), default=0)


@pytest.mark.parametrize("written", WRITTEN)
def test_what_looks_like_a_code_is_removed(written):
    shown = codes.hide(f"Sorry: the coupon {written} is spent, ask again.")
    assert codes.HIDDEN in shown
    assert longest_shared(shown.replace(codes.HIDDEN, ""), written) < codes.PIECE
    assert shown.startswith("Sorry: ") and shown.endswith("again.")  # noqa: PT018


@pytest.mark.parametrize("sentence", PLAIN)
def test_a_sentence_without_one_stays_as_it_is(sentence):
    assert codes.hide(sentence) == sentence


@pytest.mark.parametrize("written", [
    LETTERS, LETTERS.upper(), LETTERS.replace("-", " "), LETTERS.replace("-", "\r\n"), ".".join(LETTERS), LETTERS[3:13],
])  # fmt: skip
def test_a_known_code_is_removed_however_it_looks(written):
    shown = codes.hide(f"Sorry: {written} is spent.", {LETTERS})
    assert longest_shared(shown, LETTERS) < codes.PIECE


def test_a_refusal_names_no_code_and_its_cause_is_none(buy):
    outcome = buy(says(answer(409, error_body(CODE, f"Your other coupon {CODE} is active."))))
    assert isinstance(outcome, Refused)
    assert (outcome.cause, outcome.message) == ("Unnamed", "Your other coupon [code removed] is active.")
    assert CODE not in repr(outcome)


@pytest.mark.parametrize("cause", ["lantern-of-the-harbour", "LANTERN.OF.THE.HARBOUR"])
def test_what_is_asked_about_is_known_in_the_answer(client, server, cause):
    server.play = says(answer(404, error_body(cause, f"No {LETTERS.upper()} here.")))
    outcome = client.check_code(LETTERS)
    assert isinstance(outcome, Unanswered)
    assert outcome.cause == "Unnamed"
    assert longest_shared(repr(outcome), LETTERS) < codes.PIECE


def test_our_password_is_shown_by_no_message_either():
    asked = Request("POST", "http://127.0.0.1:9/v1/tickets", {}, body=b'{"Password": "harbour lantern"}')
    said = Answer(401, {}, error_body("SignInFailed", "The password harbour lantern is wrong."), 1)
    _cause, message = shapes.read_error(said, redaction.known_to(asked))
    assert message == "The password [code removed] is wrong."
    assert "lantern" not in redaction.response_text(asked, said) + redaction.request_text(asked) + repr(asked)


@pytest.mark.parametrize("body", [
    {"Error": {"Code": "X", "Message": f"{CODE} is spent", "Details": [CODE]}},
    {"Results": [{"Code": CODE, "Valid": False, "Reason": f"Redeemed as {CODE.lower()}"}]},
    {"Entities": [{"Code": LETTERS, "Name": f"Gift {LETTERS}", "Label": f"for {LETTERS}", "Status": LETTERS}]},
    {"Code": 1234567890123, "Message": "1234567890123 is spent"},
    {"coupons": {CODE: 1}, CODE: {"Message": "spent"}},
    {"Message": [f"{CODE}", {"Reason": CODE}]},
])  # fmt: skip
def test_an_exchange_keeps_no_code(body):
    asked = Request("GET", "http://127.0.0.1:9/v1/coupons", {})
    said = Answer(200, {"Content-Type": f"application/json; x={CODE}"}, json.dumps(body).encode(), 1)
    kept = redaction.response_text(asked, said)
    for code in (CODE, LETTERS, "1234567890123"):
        assert longest_shared(kept, code) < codes.PIECE, kept


def test_an_exchange_keeps_ids_and_references():
    reference, sku = "mrd-0123456789abcdef0123456789abcdef", "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b01"
    body = {"ExternalReference": reference, "ProductSkuId": sku, "Created": "2026-03-01T10:00:00Z", "Quantity": 25}
    asked = Request("GET", "http://127.0.0.1:9/v1/coupons", {}, {"ExternalReference": reference})
    kept = redaction.response_text(asked, Answer(200, {}, json.dumps(body).encode(), 1))
    assert [each for each in map(str, body.values()) if each not in kept] == []
    assert reference in redaction.request_text(asked)


def test_a_status_word_names_no_code():
    assert "RAW" not in shapes.read_coupon(coupon(Code="RAWHIDE", Status="Redeemed RAWHIDE")).status
