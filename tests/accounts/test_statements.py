"""The statement of account: staff see every payer's, an account its own, nobody else's."""

from datetime import timedelta

import pytest

from portal.core import clock
from tests import bills
from tests.page import words

pytestmark = pytest.mark.sqlite  # what it adds up to is proved on both in tests/services: once is enough


@pytest.fixture
def moved(world):
    """The partner owes 100.00 since 40 days, and paid 300.00 without an invoice."""
    with world.app.app_context():
        today = clock.today()
    old = today - timedelta(days=40)
    bill = bills.invoice(
        world, gross=10_000, number="INV-2026-000318", issued_on=old, due_on=old, po_number="PO 4471-B"
    )
    bills.payment(world, amount=30_000, reference="Thank you", paid_on=today)
    return bill


def test_staff_see_what_an_account_owes(browse, world, moved):
    page = browse("vera").open("accounts.statement", account_id=world.partner.id)
    assert page.h1 == "Statement of account"
    assert "€100.00 overdue" in page.text
    rows = [words(row) for row in page.soup.select(".table--line tbody tr")]
    assert len(rows) == 3
    assert "INV-2026-000318" in rows[1]
    assert "PO 4471-B" in rows[1]
    assert "we owe €200.00" in words(page.one("tfoot"))
    assert "€300.00 waits for an invoice" in page.text


def test_an_account_sees_its_own(browse, world, moved):
    paula = browse("paula")
    for endpoint, values in (
        ("accounts.statement", {"account_id": world.partner.id}),
        ("storefront.statements.show", {}),
    ):
        page = paula.open(endpoint, **values)
        assert "we owe €200.00" in page.text
        assert "/bss/" not in page.body
    assert "INV-2026-000318" not in browse("rita").open("storefront.statements.show").text


def test_nobody_sees_anothers(browse, world, moved):
    bills.invoice(world, world.direct_customer)
    for nick, account in (
        ("rita", world.partner), ("carl", world.partner), ("paula", world.customer), ("paula", world.direct_customer),
        ("carl", world.customer), ("dana", world.distributor), ("dana", world.customer),
    ):  # fmt: skip
        assert browse(nick).open("accounts.statement", account_id=account.id).status == 404, (nick, account.name)
    assert browse("carl").open("storefront.statements.show").status == 404


def test_days_and_currencies_are_chosen(browse, world, moved):
    bills.invoice(world, gross=700, currency="JPY")
    dana = browse("dana")
    page = dana.open("accounts.statement", account_id=world.partner.id, currency="JPY")
    assert "in JPY" in page.text
    assert [words(each) for each in page.soup.select(".chip")] == ["EUR", "JPY"]
    today = str(page.one("[name=to]")["value"])
    page = dana.open("accounts.statement", account_id=world.partner.id, **{"from": today, "to": "soon"})
    assert "is not a date" in page.text
    assert "100.00" in words(page.soup.select(".table--line tbody tr")[0])
    swapped = dana.open("accounts.statement", account_id=world.partner.id, **{"from": today, "to": "2026-01-01"})
    assert "swapped" in swapped.text


def test_the_file_has_every_movement(browse, world, moved):
    dana = browse("dana")
    url = dana.url("accounts.statement", account_id=world.partner.id, format="csv")
    answer = dana.raw("GET", url)
    text = answer.get_data(as_text=True)
    assert text.count("\n") == 4
    assert '"INV-2026-000318","PO 4471-B","EUR","100.00","100.00"' in text
    assert "statement-NORTH-" in answer.headers["Content-Disposition"]


def test_what_is_dated_later_is_named_beside_the_balance(browse, world, moved):
    with world.app.app_context():
        tomorrow = clock.today() + timedelta(days=1)
    dana = browse("dana")
    assert "Dated later" not in dana.open("accounts.statement", account_id=world.partner.id).text
    bills.invoice(world, gross=2_500, issued_on=tomorrow, due_on=tomorrow)
    page = dana.open("accounts.statement", account_id=world.partner.id)
    assert "we owe €200.00" in words(page.one("tfoot"))
    assert "€125.00 open" in page.text
    assert "not in this balance yet: €25.00" in page.text
    later = dana.open("accounts.statement", account_id=world.partner.id, to=str(tomorrow))
    assert ("we owe €175.00" in words(later.one("tfoot")), "Dated later" in later.text) == (True, False)


def test_a_narrow_statement_has_its_references_below_the_document(browse, world, moved):
    page = browse("vera").open("accounts.statement", account_id=world.partner.id)
    narrow = [each.get_text(" ", strip=True) for each in page.soup.select(".table--ledger tbody th .only-narrow")]
    assert ["PO 4471-B" in narrow[0], "Thank you" in narrow[1]] == [True, True]
