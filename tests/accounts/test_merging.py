"""Merging accounts in the browser: choosing the one to keep, the preview, and the button."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import SecurityEvent
from tests.saved import now

pytestmark = pytest.mark.sqlite  # what is done is proved on both in tests/services: once is enough

BUTTON = "Merge ACME-17 into BRIGHT"
GOOD = {"why": "Entered twice", "is_same": True}


@pytest.fixture
def twin(world):
    return world.account(parent=world.partner, code="ACME-17", name="Acme", vat_number="EL094259216")


def preview(browser, world, twin):
    return browser.open("accounts.merge_into", account_id=twin.id, kept_id=world.customer.id)


def test_from_the_page_of_the_one_to_the_page_of_the_other(browse, world, app, twin):
    asset = world.asset("synchronized", account=twin)
    dana = browse("dana")
    choosing = dana.press(dana.open("accounts.show", account_id=twin.id), "Merge into another account…")
    seen = dana.submit(choosing, "Show what changes", account="bright")
    assert seen.h1 == "Merge Acme into Brightwood Dental"
    assert seen.facts["Assets, with their numbers and codes"] == "1"
    done = dana.submit(seen, BUTTON, **GOOD)
    assert (done.h1, done.flash) == ("Brightwood Dental", "ACME-17 Acme is merged into this account.")
    assert "BRIGHT (formerly ACME-17)" in done.text
    assert "Another account was merged into it" in done.text
    assert "Entered twice" in done.text
    assert done.soup.select(f"tr[data-asset-id='{asset.id}']")
    with app.app_context():
        events = db.session.scalars(select(SecurityEvent.event).where(SecurityEvent.subject_id == twin.id))
        assert "account_moved" in list(events)


def test_what_looks_the_same_is_offered(browse, world, twin):
    world.edit(world.customer, vat_number="EL094259216")
    dana = browse("dana")
    page = dana.open("accounts.merge", account_id=twin.id)
    assert dana.press(page, "Keep this one, Brightwood Dental").h1 == "Merge Acme into Brightwood Dental"


@pytest.mark.parametrize(
    "typed, sentence",
    [("", "Enter a name or a code."), ("nobody", "No account has that name"), ("i", "Several accounts match"),
     ("DIST-1", "No account has that name"), ("x" * 300, "Use at most 200 characters")],
)  # fmt: skip
def test_one_account_has_to_be_meant(browse, world, twin, typed, sentence):
    dana = browse("dana")
    page = dana.submit(dana.open("accounts.merge", account_id=twin.id), "Show what changes", account=typed)
    assert page.status == 422
    assert sentence in " ".join(page.errors)


@pytest.mark.parametrize(
    "fields, sentence",
    [({"why": " "}, "Write why they are the same."), ({"is_same": None}, "Tick this"), ({"why": "x" * 501}, "500")],
)
def test_a_reason_and_a_tick_are_needed(browse, world, twin, fields, sentence):
    dana = browse("dana")
    page = dana.submit(preview(dana, world, twin), BUTTON, **GOOD | fields)
    assert page.status == 422
    assert sentence in " ".join(page.errors)
    assert world.reload(twin).merged_into_id is None


def test_a_return_in_a_field_only_checks(browse, world, twin):
    dana = browse("dana")
    for act in ("check", None):
        fields = [(name, text) for name, text in (("act", act), ("why", "x"), ("is_same", "y")) if text]
        values = {"account_id": twin.id, "kept_id": world.customer.id}
        page = dana.post("accounts.merge_into", [*fields, ("version", 1), ("kept_version", 1)], **values)
        assert page.status == 200
    assert world.reload(twin).merged_into_id is None


def test_who_was_faster_is_shown(browse, world, twin):
    dana = browse("dana")
    page = preview(dana, world, twin)
    world.edit(world.customer, name="Brightwood Group", version=2)
    told = dana.submit(page, BUTTON, **GOOD)
    assert (told.status, told.h1) == (409, "Merge Acme into Brightwood Group")
    assert "One of both accounts changed in the meantime" in told.text
    assert dana.submit(told, BUTTON, **GOOD).h1 == "Brightwood Group"


def test_pressed_twice_it_leads_to_the_kept_account(browse, world, twin):
    dana = browse("dana")
    page = preview(dana, world, twin)
    dana.submit(page, BUTTON, **GOOD)
    again = dana.submit(page, BUTTON, **GOOD)
    assert (again.h1, again.flash) == ("Brightwood Dental", "That account is merged into this one already.")


def test_a_refusal_has_no_button(browse, world, twin):
    world.edit(world.customer, disabled_at=now())
    page = preview(browse("dana"), world, twin)
    assert "These accounts cannot be merged" in page.text
    assert BUTTON not in page.buttons


def test_the_old_page_leads_whoever_sees_the_kept_account(browse, world, twin):
    """Its own people stay signed in, and see what the kept account has."""
    person = world.user(twin, email="amy@acme.example")
    amy = browse()
    amy.arrive(person.id)
    assert amy.open("accounts.show", account_id=world.customer.id).status == 404
    dana = browse("dana")
    dana.submit(preview(dana, world, twin), BUTTON, **GOOD)
    for browser in (dana, browse("paula"), browse("carl"), amy):
        assert browser.open("accounts.show", account_id=twin.id).h1 == "Brightwood Dental"
    assert browse("rita").open("accounts.show", account_id=twin.id).status == 404


def test_the_old_code_is_found_in_the_list(browse, world, twin):
    dana = browse("dana")
    dana.submit(preview(dana, world, twin), BUTTON, **GOOD)
    page = dana.submit(dana.open("accounts.index"), to="/searches", q="acme-17")
    assert "formerly ACME-17" in page.text
    assert [row["id"] for row in page.soup.select("tbody tr")] == [f"account-{world.customer.id}"]
    assert "Acme" not in page.text.replace("ACME-17", "")


def test_names_of_any_script_are_shown(browse, world):
    one, other = (world.account(parent=world.partner, name=name, code=code)
                  for name, code in (("Ελιά <b>&", "ELIA"), ("شركة النور", "NUR")))  # fmt: skip
    dana = browse("dana")
    page = dana.open("accounts.merge_into", account_id=one.id, kept_id=other.id)
    assert page.h1 == "Merge Ελιά <b>& into شركة النور"
    assert dana.submit(page, "Merge ELIA into NUR", **GOOD).h1 == "شركة النور"


def test_the_record_of_the_kept_account_has_that_of_the_merged_one(browse, world, twin):
    dana = browse("dana")
    shown = dana.open("accounts.edit", account_id=twin.id)
    dana.submit(shown, "Save", name="Acme Dental", currency="USD", credit_limit="50")
    merged = dana.submit(preview(dana, world, twin), BUTTON, **GOOD)
    record = dana.visit(merged.links["All changes"])
    assert record.h1 == "Changes of Brightwood Dental"
    for words in ("ACME-17, Acme Dental: Name", "ACME-17, Acme Dental: Merged into another account", "$50.00"):
        assert words in record.text
    assert "ACME-17, Acme Dental: Another account was merged" not in record.text
    assert "ACME-17, Acme Dental: " not in dana.open("accounts.changes", account_id=world.partner.id).text
