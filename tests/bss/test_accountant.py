"""The distributor's accountant: reads orders, assets and accounts, sees no code, and changes nothing but billing."""

import pytest

from portal.models import Right, Role
from portal.models.rights import rights_of
from tests.page import words

pytestmark = pytest.mark.sqlite  # who may do what is decided before the database is asked: once is enough

CODE = "TEST-ABCD-1234"


@pytest.fixture
def elena(browse):
    return browse("elena")


def test_she_bills_and_reads_and_does_nothing_else():
    assert rights_of("distributor", "accountant") == {
        Right.SEE_ASSETS, Right.SEE_ACCOUNTS, Right.SEE_INTERNALS, Right.SEE_INVOICES, Right.INVOICE, Right.SEE_REPORTS,
        Right.SEE_COMPANY,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["partner", "customer"])
def test_accountants_elsewhere_only_look(kind):
    assert rights_of(kind, "accountant") == {
        Right.SEE_ASSETS, Right.SEE_ACCOUNTS, Right.SEE_INVOICES, Right.SEE_REPORTS
    }  # fmt: skip


def test_she_has_no_tools_and_of_setup_the_company_only(elena):
    links = {words(link) for link in elena.open("bss.index").soup.select("nav a")}
    assert {"Work queue", "Assets", "Orders", "Accounts", "Company"} <= links
    assert not links & {
        "Products", "BitTitan", "Users", "Price lists", "Retries", "Bulk changes", "Imports", "Surplus coupons",
        "Reconciliation", "Alerts", "Audit log",
    }  # fmt: skip


def test_she_sees_no_code_and_none_leads_to_its_asset(world, elena):
    asset = world.asset("synchronized", code=CODE)
    for page in (elena.open("bss.assets.index"), elena.open("bss.assets.show", asset_id=asset.id)):
        assert "1234" in page.text
        assert "ABCD" not in page.body
        assert not [form for form in page.forms if "reveal" in form["action"] or "/exports" in form["action"]]
    assert elena.visit("/bss/billing/assets?q=ABCD-12").rows == []
    assert elena.post("bss.assets.reveal", asset_id=asset.id).status == 403
    for path in (f"/bss/billing/assets/{asset.id}", f"/bss/billing/assets/{asset.id}/changes", "/bss/sales/orders"):
        assert "ABCD" not in elena.visit(path).body
    answer = elena.raw("GET", "/bss/billing/assets?format=csv").get_data(as_text=True)
    assert "1234" in answer
    assert "ABCD" not in answer


def test_she_learns_why_an_asset_was_not_delivered(world, elena):
    asset = world.asset(attempt={"cause": "CreditLimitExceeded"})
    page = elena.open("bss.assets.show", asset_id=asset.id)
    assert page.one("#reason-title")
    assert "Edit" not in page.links


def test_the_work_queue_leaves_out_what_the_tools_are_for(world, browse, elena):
    world.alert()
    world.surplus(world.asset("synchronized"))
    assert "To look into" in browse("vera").open("bss.index").text
    assert "To look into" not in elena.open("bss.index").text


def test_she_reads_the_company_with_what_is_missing(world, browse, elena):
    dora = browse("dora")
    dora.submit(dora.open("bss.company.edit"), "Save", legal_name="Meridian A.E.", country="GR", terms_de="Sofort")
    page = elena.open("bss.company.edit")
    assert page.facts["Legal name"] == "Meridian A.E."
    assert page.facts["Country"] == "Greece"
    assert page.facts["Terms, German"] == "Sofort"
    assert "The IBAN is missing." in page.text
    assert page.soup.select("main form, main input") == []
    assert not page.soup.select("a[href='#iban']")
    assert elena.post("bss.company.edit", data={"version": "1", "act": "save", "city": "Athens"}).status == 403


def test_she_reads_tax_codes(world, elena):
    row = world.tax_code(code="GR-24", category="S", rate=2400, reasons={})
    company = elena.open("bss.company.edit")
    assert "Add a tax code" not in company.links
    page = elena.press(company, "GR-24")
    assert (page.h1, page.facts["Rate in per cent"]) == ("GR-24", "24")
    assert page.soup.select("main form, main input") == []
    assert elena.post("bss.tax_codes.edit", tax_code_id=row.id, data={"version": "1"}).status == 403


def test_an_admin_makes_somebody_an_accountant(world, browse):
    dora = browse("dora")
    page = dora.open("accounts.users.edit", account_id=world.distributor.id, user_id=world.vera.id)
    saved = dora.submit(page, "Save", role="accountant")
    assert "Accountant" in saved.text
    assert world.reload(world.vera).role is Role.ACCOUNTANT


@pytest.mark.parametrize("account, area", [("partner", "storefront"), ("customer", "storefront")])
def test_an_accountant_of_a_buyer_sees_licences_without_codes(world, browse, account, area):
    asset = world.asset("synchronized", code=CODE)
    world.ada = world.user(getattr(world, account), Role.ACCOUNTANT)
    ada = browse("ada")
    page = ada.open("storefront.assets.show", asset_id=asset.id)
    assert page.status == 200
    assert "ABCD" not in page.body
    assert ada.post("storefront.assets.reveal", asset_id=asset.id).status == 403
    assert ada.open("storefront.basket.show").status == 403
