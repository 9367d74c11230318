"""Each row of the table: what came back, and what may be said of it."""

import gzip
import json

import pytest

from portal.providers.base import Issued, NotSent, Refused, Unknown
from tests.providers.conftest import coupon, coupon_body, error_body
from tests.providers.raw_server import answer, drips, floods, resets, says, silent

REFUSED = [
    (400, "InvalidRequest"), (403, "AccountNotLinked"), (403, "Forbidden"), (404, "ProductSkuNotFound"),
    (409, "CouponRedeemed"), (409, "SomethingNew"), (422, "QuantityOutOfRange"), (422, "ValidationFailed"),
]  # fmt: skip
NOT_SENT = [(401, "TicketExpired"), (429, "RateLimited"), (503, "Maintenance"), (409, "DeadlinePassed")]
STILL_UNKNOWN = [
    (409, "RequestInProgress"), (422, "ReferenceReused"), (408, "Timeout"), (500, "InternalError"),
    (501, "NotSupported"), (502, "BadGateway"), (503, "InternalError"), (504, "Timeout"), (405, "MethodNotAllowed"),
    (410, "Gone"), (418, "Teapot"),
]  # fmt: skip
NO_DOCUMENT = {
    "html": (b"<!doctype html><h1>No</h1>", "text/html"),
    "nothing": (b"", "application/json"),
    "another document": (b'{"error": "no"}', "application/json"),
    "a message that is no text": (error_body("Forbidden", 7), "application/json"),
    "a code that is no text": (error_body(403), "application/json"),
    "an array": (b"[]", "application/json"),
    "truncated": (error_body("Forbidden")[:-2], "application/json"),
}
WRONG = {
    "quantity": {"Quantity": 24},
    "a quantity that is true": {"Quantity": True},
    "a quantity with a fraction": {"Quantity": 25.5},
    "a quantity in words": {"Quantity": "25"},
    "SKU": {"ProductSkuId": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b02"},
    "reference": {"ExternalReference": "mrd-another"},
    "no reference": {"ExternalReference": ""},
    "organisation": {"OrganizationId": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bff"},
    "expires two days late": {"ExpireDate": "2027-03-03T11:00:00Z"},
    "expires two days early": {"ExpireDate": "2027-02-27T09:00:00Z"},
    "created at the end of days": {"Created": "9999-12-31T23:59:59Z"},
    "created before all time": {"Created": "0001-01-01T00:00:00+14:00"},
    "created some time": {"Created": "yesterday"},
    "no id": {"Id": "17"},
    "an empty code": {"Code": ""},
    "a code that is null": {"Code": None},
    "a code with a space": {"Code": "RAW 0001"},
    "a code with a line break": {"Code": "RAW-0001\n"},
    "a code with a no-break space": {"Code": "RAW\u00a00001"},
    "a code with NUL": {"Code": "RAW\u00000001"},
    "a code with half a character": {"Code": "RAW\ud800"},
    "a long code": {"Code": "R" * 129},
}
LOST = {
    "reset before the first byte": resets(),
    "closed before the first byte": says(b""),
    "reset after the first byte": resets(b"HTTP/1.1 201"),
    "closed after the first byte": says(b"HTTP/1.1 201"),
    "reset within the body": resets(answer(201, coupon_body())[:-20]),
    "truncated": says(answer(201, coupon_body()[:-9], length=len(coupon_body()))),
    "one byte short": says(answer(201, coupon_body(), length=len(coupon_body()) + 1)),
    "truncated without a length": says(b"HTTP/1.1 201 Created\r\n\r\n" + coupon_body()[:-9]),
    "half a chunk": says(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" + coupon_body()),
    "no HTTP": says(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "an endless head": floods([b"HTTP/1.1 201 Created\r\n", *[b"X-A: " + b"a" * 4000 + b"\r\n"] * 300]),
    "100 MiB": floods([b"HTTP/1.1 201 Created\r\n\r\n", *[b" " * 1048576] * 100]),
    "64 KiB and one": says(answer(201, coupon_body().ljust(64 * 1024 + 1))),
    "gzip": says(answer(201, gzip.compress(coupon_body()), more="Content-Encoding: gzip\r\n")),
    "an array": says(answer(201, b"[]")),
    "an array of coupons": says(answer(201, json.dumps([coupon()]).encode())),
    "null": says(answer(201, b"null")),
    "deep nesting": says(answer(201, b"[" * 60000)),
    "nesting that can just be read": says(answer(201, b'{"A":' * 800 + b"1" + b"}" * 800)),
    "a number without end": says(answer(201, b'{"Quantity":' + b"9" * 50000 + b"}")),
    "no UTF-8": says(answer(201, b'{"Code":"\xff\xfe"}')),
    "nothing": says(answer(204, b"")),
}
TOO_SLOW = {
    "silence": silent(10),
    "a head that drips": drips(answer(201, coupon_body()), 0.05),
    "a body that drips": drips(answer(201, coupon_body()), 0.02),
}


def test_a_coupon_as_asked_is_issued(buy):
    outcome = buy(says(answer(201, coupon_body())))
    assert isinstance(outcome, Issued)
    assert (outcome.coupon.code, outcome.coupon.quantity) == ("RAW-0001", 25)


@pytest.mark.parametrize(
    "play",
    [
        says(answer(200, coupon_body())),
        says(b"HTTP/1.1 201 Created\r\n\r\n" + coupon_body()),
        says(answer(201, coupon_body(ExpireDate="2027-03-01T23:59:59Z", Created="2026-03-01T12:00:00+02:00"))),
        says(answer(201, coupon_body(Status="Brand new", Extra={"more": [1]}))),
        says(answer(201, coupon_body().ljust(64 * 1024))),
        says(answer(201, coupon_body(), kind="application/json\x01; charset=utf-8")),
    ],
)
def test_what_the_contract_leaves_open_is_taken(buy, play):
    assert isinstance(buy(play), Issued)


@pytest.mark.parametrize("fields", WRONG.values(), ids=WRONG)
def test_a_coupon_that_is_not_as_asked_is_unknown(buy, fields):
    assert isinstance(buy(says(answer(201, coupon_body(**fields)))), Unknown)


@pytest.mark.parametrize("name", sorted(coupon().keys() - {"RedeemedDate"}))
def test_a_coupon_that_lacks_something_is_unknown(buy, name):
    less = {key: value for key, value in coupon().items() if key != name}
    assert isinstance(buy(says(answer(201, json.dumps(less).encode()))), Unknown)


@pytest.mark.parametrize("status, code", REFUSED)
def test_a_refusal_is_one(buy, status, code):
    outcome = buy(says(answer(status, error_body(code, "Because."))))
    assert isinstance(outcome, Refused)
    assert (outcome.cause, outcome.message) == (code, "Because.")


@pytest.mark.parametrize("status, code", NOT_SENT)
def test_what_was_turned_away_at_the_door_is_not_sent(buy, status, code):
    outcome = buy(says(answer(status, error_body(code), more="Retry-After: 17\r\n")))
    assert isinstance(outcome, NotSent)
    assert outcome.needs_ticket == (status == 401)
    assert outcome.pause == (17 if status in (429, 503) else None)


@pytest.mark.parametrize("status, code", STILL_UNKNOWN)
def test_what_may_have_been_carried_out_is_unknown(buy, status, code):
    outcome = buy(says(answer(status, error_body(code))))
    assert (type(outcome), outcome.cause) == (Unknown, code)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 503])
@pytest.mark.parametrize("document", NO_DOCUMENT)
def test_an_error_status_without_the_error_document_is_unknown(buy, status, document):
    body, kind = NO_DOCUMENT[document]
    assert isinstance(buy(says(answer(status, body, kind=kind))), Unknown)


@pytest.mark.parametrize("name", LOST)
def test_an_answer_that_is_none_is_unknown_and_the_purchase_is_never_repeated(server, buy, name):
    assert isinstance(buy(LOST[name]), Unknown)
    assert len(server.sent("POST /v1/coupons")) == 1


@pytest.mark.parametrize("name", TOO_SLOW)
def test_an_answer_that_takes_too_long_is_unknown_and_the_purchase_is_never_repeated(server, buy_in_haste, name):
    assert isinstance(buy_in_haste(TOO_SLOW[name]), Unknown)
    assert len(server.sent("POST /v1/coupons")) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_unknown_and_never_followed(server, buy, status):
    from tests.providers.raw_server import RawServer

    with RawServer(says(answer(201, coupon_body()))) as elsewhere:
        outcome = buy(says(answer(status, b"", more=f"Location: {elsewhere.url}/v1/coupons\r\n")))
        assert isinstance(outcome, Unknown)
        assert elsewhere.requests == []
    assert len(server.sent("POST")) == 2  # the sign-in and the purchase
