import socket
from uuid import uuid4

import pytest
import requests

from tests.sandbox.client import Client, new_reference, order
from tests.sandbox_process import EMAIL, MAILBOX_LICENSE, PASSWORD, USER_MIGRATION_BUNDLE


def error(answer: requests.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["Error"]["RequestId"] == answer.headers["X-Request-Id"]
    return answer.status_code, answer.json()["Error"]["Code"]


def test_a_request_id_is_repeated_and_made_when_missing(client):
    assert client.get("/v1/health", headers={"X-Request-Id": "mine"}).headers["X-Request-Id"] == "mine"
    assert client.get("/v1/health").headers["X-Request-Id"]


@pytest.mark.parametrize("authorization", [None, "", "Ticket", "Ticket a~b~c~d", "Bearer x", "Ticket \xff~"])
def test_the_ticket_is_asked_for_before_anything_else(sandbox, authorization):
    headers = {"Authorization": authorization.encode("latin-1")} if authorization is not None else {}
    sandbox.control.fault("createCoupon", "fail_before")
    answer = requests.post(f"{sandbox.url}/v1/coupons", data="{", headers=headers, timeout=5)
    assert error(answer) == (401, "TicketInvalid")
    assert answer.headers["WWW-Authenticate"] == "Ticket"
    assert len(sandbox.control.faults()) == 1


@pytest.mark.parametrize(
    "change", [{"EmailAddress": "someone@else.example"}, {"Password": "wrong"}, {"Password": "\0"}]
)
def test_wrong_credentials_are_refused(client, change):
    body = {"EmailAddress": EMAIL, "Password": PASSWORD} | change
    assert error(client.post("/v1/tickets", json=body)) == (401, "SignInFailed")


def test_a_ticket_expires(sandbox, client):
    sandbox.control.expire_tickets()
    assert error(client.get("/v1/product-skus")) == (401, "TicketExpired")
    assert Client(sandbox).get("/v1/product-skus").status_code == 200


def test_a_ticket_outlives_a_reset(sandbox, client):
    sandbox.control.reset()
    assert client.get("/v1/product-skus").status_code == 200


@pytest.mark.parametrize(
    "method, path, expected, allow",
    [
        ("GET", "/", 404, None),
        ("GET", "/v1/coupons/", 404, None),
        ("GET", "/v1//coupons", 404, None),
        ("DELETE", "/v1/coupons", 405, "POST, GET"),
        ("GET", "/v1/coupons/check", 405, "POST"),
        ("BREW", "/v1/health", 405, "GET"),
        ("OPTIONS", "/v1/health", 405, "GET"),
    ],
)
def test_what_is_not_in_the_contract_is_refused(client, method, path, expected, allow):
    answer = client.request(method, path)
    assert error(answer)[0] == expected
    assert answer.headers.get("Allow") == allow


def test_what_is_no_http_is_refused_in_the_words_of_the_contract(sandbox):
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as connection:
        connection.sendall(b"NONSENSE\r\n\r\n")
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"InvalidRequest"' in answer


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b'"\\ud800"', b"[" * 100_000, b"1" * 5000, b'{"Quantity": NaN}'],
)
def test_a_body_that_is_no_order_is_refused(client, body):
    answer = client.post("/v1/coupons", data=body, headers={"Content-Type": "application/json"})
    assert error(answer) == (400, "InvalidRequest")


@pytest.mark.parametrize(
    "change",
    [
        {"Quantity": 0},
        {"Quantity": "5"},
        {"Quantity": True},
        {"Quantity": 1.5},
        {"ExpireDays": 3651},
        {"ProductSkuId": "mailbox"},
        {"OrganizationId": f"{uuid4()}\n"},
        {"ExternalReference": "short"},
        {"ExternalReference": f"{'a' * 20}\n"},
        {"ExternalReference": f"{'a' * 20}\0"},
        {"ExternalReference": "a" * 81},
        {"Label": None},
    ],
)
def test_an_order_outside_the_contract_is_refused(sandbox, client, change):
    answer = client.order(**change)
    assert error(answer) == (400, "InvalidRequest")
    assert answer.json()["Error"]["Details"][0]["Field"] in change
    assert sandbox.control.purchases() == []


@pytest.mark.parametrize(
    "change, expected",
    [
        ({"ProductSkuId": str(uuid4())}, (404, "ProductSkuNotFound")),
        ({"Quantity": 10001}, (422, "QuantityOutOfRange")),
        ({"ProductSkuId": USER_MIGRATION_BUNDLE, "Quantity": 5001}, (422, "QuantityOutOfRange")),
        ({"Label": "another"}, (422, "ValidationFailed")),
    ],
)
def test_an_order_that_cannot_be_filled_is_refused(sandbox, client, change, expected):
    assert error(client.order(**change)) == expected
    assert sandbox.control.journal() == []


def test_other_content_types_and_large_bodies_are_refused(client):
    assert error(client.post("/v1/coupons", data=order()))[0] == 415
    assert error(client.order(Padding="x" * 1_100_000))[0] == 413


@pytest.mark.parametrize(
    "query",
    ["Offset=-1", "Offset=x", "Count=0", "Count=101", "Count=5&Count=6", "OrganizationId=x", "Nonsense=1"]
    + ["CreatedFrom=yesterday", "CreatedTo=2026-01-01T00:00:00", "ExternalReference=%ff"],
)
def test_a_query_outside_the_contract_is_refused(client, query):
    assert error(client.get(f"/v1/coupons?{query}")) == (400, "InvalidRequest")


def test_odd_but_allowed_queries_are_answered(client):
    assert client.search(ExternalReference="\0")["TotalCount"] == 0
    assert client.search(Offset=10**300)["Entities"] == []
    assert client.search(CreatedFrom="0000-01-01t00:00:00.123456789+23:59")["TotalCount"] == 0
    assert client.search(CreatedTo="9999-12-31T23:59:60-23:59")["TotalCount"] == 0
    assert error(client.get("/v1/coupons/nonsense")) == (400, "InvalidRequest")


def test_products_and_organizations(sandbox, client):
    products = client.get("/v1/product-skus").json()["Entities"]
    assert {each["Id"] for each in products} == {MAILBOX_LICENSE, USER_MIGRATION_BUNDLE}

    def find(email):
        return client.get("/v1/organizations", params={"EmailAddress": email}).json()["Entities"]

    assert find("It@Contoso.example") == find("it@contoso.EXAMPLE")
    assert find("it@contoso.example")[0]["Name"] == "Contoso"
    assert find("Unknown.person@contoso.example") == []
    own = client.post("/v1/tickets", json={"EmailAddress": EMAIL, "Password": PASSWORD}).json()
    assert find(EMAIL)[0]["OrganizationId"] == own["OrganizationId"]


def test_only_organizations_that_were_looked_up_if_so_told(sandbox, client):
    sandbox.control.configure(known_organizations_only=True)
    assert error(client.order()) == (403, "AccountNotLinked")
    found = client.get("/v1/organizations", params={"EmailAddress": "it@contoso.example"}).json()
    assert client.order(OrganizationId=found["Entities"][0]["OrganizationId"]).status_code == 201


def test_coupons_are_listed_by_page_and_filter(client):
    bought = [client.order().json() for _ in range(5)]
    page = client.search(Offset=1, Count=2)
    assert page == {"Entities": bought[1:3], "Offset": 1, "Count": 2, "TotalCount": 5}
    assert client.search(ExternalReference=bought[3]["ExternalReference"])["Entities"] == [bought[3]]
    assert client.search(OrganizationId=bought[3]["OrganizationId"].upper())["Entities"] == [bought[3]]
    assert client.search(CreatedFrom=bought[1]["Created"], CreatedTo=bought[2]["Created"])["TotalCount"] == 2


def test_a_coupon_that_is_used_up_is_no_longer_listed_but_still_known(sandbox, client):
    redeemed, expired, revoked = (client.order().json() for _ in range(3))
    assert sandbox.control.redeem(redeemed["Code"])["RedeemedDate"]
    sandbox.control.expire(expired["Code"])
    for _ in range(2):
        assert client.post(f"/v1/coupons/{revoked['Id']}/revoke").json()["Status"] == "Revoked"
    assert client.search()["TotalCount"] == 0
    for coupon, status in [(redeemed, "Redeemed"), (expired, "Expired"), (revoked, "Revoked")]:
        assert client.get(f"/v1/coupons/{coupon['Id'].upper()}").json()["Status"] == status
    assert error(client.post(f"/v1/coupons/{redeemed['Id']}/revoke")) == (409, "CouponRedeemed")
    assert error(client.post(f"/v1/coupons/{uuid4()}/revoke")) == (404, "CouponNotFound")
    assert error(client.get(f"/v1/coupons/{uuid4()}")) == (404, "CouponNotFound")
    assert [entry["what"] for entry in sandbox.control.journal()[3:]] == ["redeemed", "expired", "revoked"]


def test_codes_are_checked_in_order(sandbox, client):
    active, redeemed = client.order().json(), client.order().json()
    sandbox.control.redeem(redeemed["Code"])
    codes = [redeemed["Code"], "no such code\0", active["Code"]]
    first, second, third = client.post("/v1/coupons/check", json={"Codes": codes}).json()["Results"]
    assert (first["Valid"], first["Reason"], first["Coupon"]["Status"]) == (False, "Redeemed", "Redeemed")
    assert (second["Valid"], second["Reason"], second["Coupon"]) == (False, "Unknown", None)
    assert third == {"Code": active["Code"], "Valid": True, "Reason": None, "Coupon": active}


def test_a_deadline_that_has_passed_is_honoured_unless_told_otherwise(sandbox, client):
    past, future = {"X-Not-After": "2020-01-01T00:00:00Z"}, {"X-Not-After": "2999-01-01T00:00:00+02:00"}
    assert error(client.order(headers=past)) == (409, "DeadlinePassed")
    assert error(client.order(headers={"X-Not-After": "soon"})) == (400, "InvalidRequest")
    assert sandbox.control.purchases() == []
    assert client.order(headers=future).status_code == 201
    sandbox.control.configure(honours_not_after=False)
    assert client.order(headers=past).status_code == 201


def test_too_many_requests_are_put_off(sandbox, client):
    sandbox.control.configure(rate=3)
    answers = [client.get("/v1/product-skus") for _ in range(6)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert error(refused[0]) == (429, "RateLimited")
    assert refused[0].headers["Retry-After"] == "1"


def test_each_call_can_be_delayed(sandbox, client):
    sandbox.control.configure(delay_ms=300)
    assert client.get("/v1/product-skus").elapsed.total_seconds() >= 0.3


def test_an_unread_body_does_not_disturb_the_next_call(client):
    client.headers.pop("Authorization")
    for _ in range(3):
        assert error(client.order(new_reference(), Padding="x" * 50_000))[0] == 401
