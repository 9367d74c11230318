import json

import pytest

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def shop(world):
    return world


def test_types_are_read_and_listed(flask, sandbox):
    said = flask("products", "types", "--read")

    assert said.exit_code == 0
    assert "MailboxLicense" in said.output
    assert {kind["license_kind"] for kind in json.loads(flask("products", "types", "--json").stdout)} == {
        "MailboxLicense",
        "UserMigrationBundle",
    }


def test_a_product_is_made_priced_and_withdrawn(flask):
    made = flask(
        "products", "create", "BT-EDU", "--name", "For schools", "--type", "MailboxLicense", "--expire-days", "30"
    )
    assert made.exit_code == 0
    assert flask("products", "price", "BT-EDU", "eur", "9.9").exit_code == 0
    assert flask("products", "price", "BT-EDU", "JPY", "1500").exit_code == 0

    listed = {product["code"]: product for product in json.loads(flask("products", "list", "--json").stdout)}
    assert listed["BT-EDU"]["prices"] == {"EUR": 990, "JPY": 1500}
    assert (listed["BT-EDU"]["expire_days"], listed["BT-EDU"]["orderable"]) == (30, True)

    assert flask("products", "withdraw", "BT-EDU").exit_code == 0
    assert flask("products", "withdraw", "BT-EDU").exit_code == 4
    assert "withdrawn" in flask("products", "list").output


def test_default_days_are_set(flask):
    assert flask("products", "days", "MailboxLicense", "--validity-days", "90").exit_code == 0

    assert "validity 90 days" in flask("products", "types").output


@pytest.mark.parametrize("amount", ["", "x", "-1", "1,50", "1.505", "1e3", "٣", "9999999999"])
def test_an_unclear_price_is_refused(flask, amount):
    assert flask("products", "price", "--", "BT-MAILBOX", "EUR", amount).exit_code == 2


@pytest.mark.parametrize(
    "code, arguments",
    [
        (3, ("price", "NOTHING", "EUR", "1")),
        (3, ("withdraw", "NOTHING")),
        (3, ("create", "BT-X", "--name", "X", "--type", "Nothing")),
        (4, ("create", "BT-MAILBOX", "--name", "X", "--type", "MailboxLicense")),
        (2, ("create", "a b", "--name", "X", "--type", "MailboxLicense")),
        (2, ("price", "BT-MAILBOX", "EURO", "1")),
    ],
)
def test_what_cannot_be_done_says_so(flask, code, arguments):
    said = flask("products", *arguments)

    assert said.exit_code == code
    assert said.stderr.strip().endswith(".")
