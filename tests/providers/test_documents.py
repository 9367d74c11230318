"""Whatever the contract's schema allows is read, however a server writes it; and what it does not allow is not."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal.providers.base import Answered, Checked, Found, Issued, Refused, Revoked, SignedIn, Unknown
from portal.providers.bittitan import shapes
from portal.providers.bittitan.client import BitTitan
from portal.providers.bittitan.shapes import Misshapen
from portal.providers.bittitan.wire import Answer
from tests.providers.conftest import BUYER, REFERENCE, client_of, coupon_body, purchase
from tests.providers.documents import answer_of, documents, integers, schema
from tests.providers.raw_server import SELLER, answer, says
from tests.sandbox_process import MAILBOX_LICENSE, PASSWORD

BY_LOT = hypothesis_settings(
    max_examples=25,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # to make a finding smaller takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
BOUGHT, RUNS_OUT = datetime(2026, 3, 1, 10, tzinfo=UTC), datetime(2027, 3, 1, 10, 0, 0, 120000, tzinfo=UTC)
AS_ASKED = {
    "ExternalReference": REFERENCE, "ProductSkuId": MAILBOX_LICENSE, "OrganizationId": BUYER, "Quantity": 25,
    "Created": BOUGHT, "ExpireDate": RUNS_OUT, "Status": "Active",
}  # fmt: skip
COUPON = documents(schema("Coupon"), AS_ASKED)
WRONG = {
    "integer": [
        "true", '"25"', "25.5", "25.00000000000000000000001", "NaN", "Infinity", "-Infinity", "null", "[25]", "{}",
    ],
    "string": ["true", "25", "null", "[]", '{"a": 1}'],
    "date-time": [
        "1772359200", "null", '""', '"2026-03-01"', '"2026-03-01T10:00:00"', '"2026-02-30T10:00:00Z"',
        '"2026-03-01T24:00:00Z"', '"2026-03-01T10:00:60Z"', '"2026-03-01T10:00:00+24:00"', '"2026-03-01T10:00:00.Z"',
        '"2026-03-01T10:00Z"', '"٢٠٢٦-03-01T10:00:00Z"', '"2026-03-01T10:00:00Z "',
    ],
    "uuid": [
        "17", "null", '""', '"17"', '"5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1ccg"', '"5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1ccc0"',
    ],
}  # fmt: skip
BROKEN = [
    (name, text)
    for name, of in schema("Coupon")["properties"].items()
    for text in WRONG[of.get("format") or of["type"]]
    if not (name == "RedeemedDate" and text == "null")
]


@pytest.fixture
def client(server) -> BitTitan:
    return client_of(server.url, password=PASSWORD)


def at(text: str) -> Answer:
    return Answer(201, {"Content-Type": "application/json"}, text.encode(), 1)


@BY_LOT
@given(text=COUPON)
def test_each_coupon_as_asked_is_issued(server, client, text):
    server.play = says(answer(201, text.encode()))
    outcome = purchase(client)
    assert isinstance(outcome, Issued), text
    assert (outcome.coupon.quantity, outcome.coupon.created, outcome.coupon.expires) == (25, BOUGHT, RUNS_OUT)


@pytest.mark.parametrize("name, text", BROKEN)
def test_what_the_schema_forbids_is_not_understood(name, text):
    """The member alone, with all others as they should be."""
    whole = coupon_body(**{name: "@"}).decode().replace('"@"', text)
    with pytest.raises(Misshapen):
        shapes.read_coupon(shapes.read_object(at(whole)))


@BY_LOT
@given(data=st.data())
def test_each_page_of_a_search_is_read(server, client, data):
    """Whatever else is in the list."""
    raw = {"Entities": f"[{data.draw(COUPON)},{data.draw(documents(schema('Coupon')))}]"}
    page = answer_of("/v1/coupons", "get", "200")
    text = data.draw(documents(page, {"TotalCount": 2}, raw))
    server.play = says(answer(200, text.encode()))
    found = client.find_coupons(REFERENCE)
    assert isinstance(found, Answered), text
    assert [each.reference for each in found.coupons] == [REFERENCE]


@BY_LOT
@given(data=st.data())
def test_each_check_is_read(server, client, data):
    of = answer_of("/v1/coupons/check", "post", "200")["properties"]["Results"]["items"]
    own = data.draw(documents(schema("Coupon"), {"Code": "RAW-0001"}))
    text = data.draw(documents(of, {"Code": "RAW-0001"}, {"Coupon": data.draw(st.sampled_from([own, "null"]))}))
    server.play = says(answer(200, f'{{"Results": [{text}]}}'.encode()))
    assert isinstance(client.check_code("RAW-0001"), Checked), text


@BY_LOT
@given(data=st.data())
def test_each_sign_in_and_each_service_definition_is_read(server, client, data):
    ticket = {"OrganizationId": SELLER, "Ticket": "t-2", "ExpirationDate": datetime(2099, 1, 1, tzinfo=UTC)}
    server.ticket = data.draw(documents(answer_of("/v1/tickets", "post", "201"), ticket)).encode()
    assert client.sign_in() == SignedIn(SELLER)
    text = data.draw(documents(answer_of("/v1/product-skus", "get", "200")))
    server.play = says(answer(200, text.encode()))
    skus = client.product_skus()
    assert isinstance(skus, list), text
    assert all(each.name and each.max_quantity >= 1 for each in skus)
    text = data.draw(documents(schema("Organization"), {"OrganizationId": BUYER}))
    server.play = says(answer(200, f'{{"Entities": [{text}]}}'.encode()))
    found = client.find_organization("carl@customer.example")
    assert isinstance(found, Found), text
    assert found.organization_id == BUYER


@BY_LOT
@given(text=documents(schema("Error")), status=st.sampled_from([400, 403, 404, 422]))
def test_each_error_document_is_a_refusal(server, client, text, status):
    server.play = says(answer(status, text.encode()))
    outcome = purchase(client)
    assert isinstance(outcome, Refused), text
    assert 1 <= len(outcome.cause) <= 60


@BY_LOT
@given(number=st.integers(-3, 3), data=st.data())
def test_an_integer_is_one_however_it_is_written(number, data):
    text = data.draw(integers(number))
    read = shapes.read_coupon(shapes.read_object(at(coupon_body(ValidityDays="@").decode().replace('"@"', text))))
    assert read.validity_days == number


@pytest.mark.parametrize(
    "text, number",
    [
        ("25.0", 25), ("2.5e1", 25), ("250E-1", 25), ("1e400", shapes.LARGEST), ("-1e400", -shapes.LARGEST),
        ("1e99999999999999999999", shapes.LARGEST), ("9" * 5000, shapes.LARGEST), ("2147483648", shapes.LARGEST),
        ("-0", 0), ("1e-400", None), ("1e-99999999999999999999", None), ("25.1", None), ("1e999999999.0", None),
    ],
)  # fmt: skip
def test_numbers_at_the_edge(text, number):
    whole = coupon_body(ValidityDays="@").decode().replace('"@"', text)
    if number is None:
        with pytest.raises(Misshapen):
            shapes.read_coupon(shapes.read_object(at(whole)))
    else:
        assert shapes.read_coupon(shapes.read_object(at(whole))).validity_days == number


@pytest.mark.parametrize(
    "text, instant",
    [
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T15:59:60.999-08:00", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2026-03-01t10:00:00.000000001z", BOUGHT),
        ("2026-03-01T10:00:00-00:00", BOUGHT),
        ("2026-03-02T09:59:00+23:59", BOUGHT),
        ("0000-02-29T00:00:00Z", shapes.EARLIEST),
        ("9999-12-31T23:59:59-23:59", shapes.LATEST),
    ],
)
def test_instants_at_the_edge(text, instant):
    assert shapes.read_instant(text) == instant


def test_a_mark_of_utf_8_and_a_word_about_no_compression_are_read(buy):
    more = "Content-Encoding: identity\r\n"
    body = b"\xef\xbb\xbf" + coupon_body()
    assert isinstance(buy(says(answer(201, body, kind="application/json; charset=UTF-8", more=more))), Issued)


@pytest.mark.parametrize("second, is_read", [("25", True), ("25.0", True), ("24", False)])
def test_a_member_that_is_there_twice_has_one_value_or_none(buy, second, is_read):
    body = coupon_body().decode().replace('"Quantity": 25', f'"Quantity": 25, "Quantity": {second}')
    outcome = buy(says(answer(201, body.encode())))
    assert isinstance(outcome, Issued if is_read else Unknown)


def test_each_answer_of_the_sandbox_is_read_in_another_spelling(sandbox):
    sandbox.control.fault("*", "respell", times=None)
    client = client_of(sandbox.url, password=PASSWORD)
    signed_in, skus = client.sign_in(), client.product_skus()
    assert MAILBOX_LICENSE in [sku.id for sku in skus]
    assert isinstance(client.find_organization("carl@customer.example"), Found)
    bought = purchase(client, seller_id=signed_in.organization_id)
    assert isinstance(bought, Issued)
    found = client.find_coupons(REFERENCE)
    assert found.coupons == (bought.coupon,)
    assert client.check_code(bought.coupon.code).coupon == bought.coupon
    assert client.read_coupon(bought.coupon.id) == bought.coupon
    assert isinstance(client.revoke_coupon(bought.coupon.id), Revoked)
