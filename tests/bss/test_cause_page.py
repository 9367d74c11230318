"""The page of one cause: BitTitan's own words, and the act that mends it."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.models import Account, Lifecycle

pytestmark = pytest.mark.sqlite  # the services have proved on both what it does: once is enough


@pytest.fixture
def dana(browse):
    return browse("dana")


def failed(world, cause: str, message: str | None = None, **columns):
    at = datetime.now(UTC) - timedelta(minutes=5)
    attempt = {"cause": cause, "message": message, "requested_at": at, "settled_at": at}
    return world.asset("failed", attempt=attempt, **columns)


@pytest.fixture
def two_lost(world):
    """Two payers that BitTitan does not know."""
    found = []
    for name in ("Lost Harbour", "Lost Quay"):
        account = world.account(parent=world.distributor, name=name, bittitan_email=f"old@{name[5:].lower()}.example")
        world.edit(account, organization_id=None)
        failed(world, "AccountNotLinked", account=account)
        found.append(account)
    return found


def test_an_account_is_linked_and_what_is_typed_beside_it_is_kept(world, dana, two_lost):
    harbour, quay = two_lost
    page = dana.open("bss.group", cause="AccountNotLinked")
    typed = {f"email-{harbour.id}": "new@harbour.example", f"email-{quay.id}": "half@typed.exam"}

    done = dana.ask(page, "Save & synchronize, Lost Harbour", **typed)

    assert done.h1 == "The billed account is not linked at BitTitan"
    assert "Synchronized: BitTitan knows new@harbour.example" in done.flash
    assert world.reload(harbour).is_synchronized
    assert done.value(f"email-{quay.id}") == "half@typed.exam"
    assert world.reload(quay).bittitan_email == "old@quay.example"


def test_nothing_is_retried_for_a_payer_before_it_is_linked(world, dana, two_lost):
    page = dana.open("bss.group", cause="AccountNotLinked")
    assert "Retry 1" not in page.text
    done = dana.ask(page, "Save & synchronize, Lost Harbour", **{f"email-{two_lost[0].id}": "new@harbour.example"})
    assert [row.count("Retry 1") for row in sorted(done.rows)] == [1, 0]


def test_payers_that_are_not_shown_are_said_to_be_there(world, dana, two_lost, monkeypatch):
    """And until they are looked at nobody is told that all are linked."""
    for each in two_lost:
        world.edit(world.reload(each), organization_id="1", synchronized_at=datetime.now(UTC))
    assert "Retry all, one first" in dana.open("bss.group", cause="AccountNotLinked").one("main .btn--primary").text
    monkeypatch.setattr("portal.bss.inbox.cause_page.SHOWN_PAYERS", 1)
    page = dana.open("bss.group", cause="AccountNotLinked")
    assert "1 more billed account is not shown. It appears here when one above is done." in page.text
    assert "Save all corrections" in page.one("main .btn--primary").text
    assert len(dana.press(page, "All failed assets with this cause").rows) == 2


def test_return_in_a_field_saves_all_that_was_corrected(world, dana, two_lost):
    page = dana.open("bss.group", cause="AccountNotLinked")
    first = page.soup.select_one("button[form=links]")
    assert not first.has_attr("name")  # what a browser presses on Return, in any of the fields
    typed = {f"email-{each.id}": f"new-{each.id}@example.example" for each in two_lost}

    done = dana.ask(page, "Save all corrections", **typed)

    assert [world.reload(each).is_synchronized for each in two_lost] == [True, True]
    assert "Retry all, one first" in done.soup.select_one("main .btn--primary").get_text()


def test_of_several_each_has_its_own_answer(world, dana, two_lost):
    harbour, quay = two_lost
    typed = {f"email-{harbour.id}": "new@harbour.example", f"email-{quay.id}": "unknown@quay.example"}
    done = dana.ask(dana.open("bss.group", cause="AccountNotLinked"), "Save all corrections", **typed)
    assert "Synchronized: BitTitan knows new@harbour.example" in done.flash
    assert "BitTitan does not know unknown@quay.example" in done.flash
    empty = dana.ask(done, "Save & synchronize, Lost Quay", **{f"email-{quay.id}": ""})
    assert empty.status == 422
    assert empty.errors == ["Enter the e-mail address that this account uses at BitTitan."]
    nothing = dana.ask(dana.open("bss.group", cause="AccountNotLinked"), "Save all corrections")
    assert nothing.status == 422
    assert "No address was changed" in nothing.flash


def test_an_address_that_the_browser_rewrote_is_no_correction(world, dana, two_lost):
    harbour, quay = two_lost
    world.edit(harbour, bittitan_email="it@käserei.example")
    rewritten = {f"email-{harbour.id}": "it@xn--kserei-bua.example"}
    page = dana.open("bss.group", cause="AccountNotLinked")

    done = dana.ask(page, "Save all corrections", **rewritten, **{f"email-{quay.id}": "new@quay.example"})
    assert "Synchronized: BitTitan knows new@quay.example" in done.flash
    assert not world.reload(harbour).is_synchronized

    done = dana.ask(done, "Save & synchronize, Lost Harbour", **rewritten)
    assert "Synchronized: BitTitan knows it@käserei.example" in done.flash
    now = world.reload(harbour)
    assert (now.bittitan_email, now.version) == ("it@käserei.example", harbour.version)


def test_who_changed_the_account_meanwhile_is_not_overwritten(world, dana, two_lost):
    harbour, quay = two_lost
    page = dana.open("bss.group", cause="AccountNotLinked")
    world.edit(world.reload(harbour), version=harbour.version + 1)
    typed = {f"email-{harbour.id}": "typed@harbour.example", f"email-{quay.id}": "typed@quay.example"}
    late = dana.ask(page, "Save & synchronize, Lost Harbour", **typed)
    assert late.status == 409
    assert {name: late.value(name) for name in typed} == typed
    assert world.reload(harbour).bittitan_email == harbour.bittitan_email


def test_if_bittitan_does_not_answer_nothing_typed_is_lost(world, dana, two_lost, sandbox):
    sandbox.control.fault("*", "drop_before", times=None)
    typed = {f"email-{each.id}": f"new-{each.id}@example.example" for each in two_lost}
    done = dana.ask(dana.open("bss.group", cause="AccountNotLinked"), "Save all corrections", **typed)
    assert done.status == 409
    assert {name: done.value(name) for name in typed} == typed
    assert not any(world.reload(each).is_synchronized for each in two_lost)


@pytest.mark.parametrize(
    "cause, first",
    [
        ("AccountNotLinked", "Save all corrections"),
        ("ExpireDaysOutOfRange", "Show what will be sent"),
        ("QuantityOutOfRange", "Cancel this 1…"),
        ("ProductSkuNotFound", "To the products"),
        ("SignInFailed", "To the BitTitan connection"),
        ("NotAsAsked", "Surplus coupons"),
        ("CreditLimitExceeded", "Retry all, one first"),
    ],
)
def test_the_act_that_mends_the_cause_comes_first(world, browse, cause, first):
    world.edit(world.reload(world.direct_customer), organization_id=None)
    failed(world, cause, account=world.direct_customer)
    page = browse("dora").open("bss.group", cause=cause)
    main = page.soup.select_one("main")
    assert main.select_one("section .btn, .notice .btn").get_text(strip=True) == first
    assert len(main.select(".notice .btn--primary")) == 1


def test_bittitans_own_words_and_the_numbers_to_enter_are_shown(world, dana):
    asset = failed(world, "CreditLimitExceeded", "The credit limit of 5,000.00 is reached.")
    page = dana.open("bss.group", cause="CreditLimitExceeded")
    assert "BitTitan said: “The credit limit of 5,000.00 is reached.” AS-" in page.text
    payer = world.find(Account, asset.billed_account_id)
    assert f"Organisation {payer.organization_id}" in page.text
    assert payer.bittitan_email in page.text
    failed(world, "ProductSkuNotFound")
    assert f"SKU that was sent: {world.mailbox.type.sku_id}" in dana.open("bss.group", cause="ProductSkuNotFound").text


@pytest.mark.parametrize("typed", ["0", "9999", "-1", "1.5"])
def test_days_that_cannot_be_are_refused_before_anything_is_prepared(world, dana, typed):
    failed(world, "ExpireDaysOutOfRange")
    page = dana.submit(
        dana.open("bss.group", cause="ExpireDaysOutOfRange"), "Show what will be sent", expire_days=typed
    )
    assert page.h1 == "Assets"
    assert "Enter the days as a whole number from 1 to 3650" in page.flash


def test_all_of_a_cause_are_cancelled_and_the_page_is_where_it_was(world, dana, work, sandbox):
    assets = [failed(world, "QuantityOutOfRange") for _ in range(3)]
    other, bought = failed(world, "CreditLimitExceeded"), world.asset("synchronized")
    page = dana.press(dana.open("bss.group", cause="QuantityOutOfRange"), "Cancel these 3…")
    assert page.h1 == "Cancel 3 assets"
    assert "From “" in page.text
    world.edit(world.reload(assets[0]), version=assets[0].version + 1)

    late = dana.submit(page, "Cancel 3 assets", reason="Ordered again in smaller parts")
    assert late.status == 409
    done = dana.submit(late, "Cancel 2 assets")
    work.drain()

    states = [world.reload(each).lifecycle for each in (*assets, other, bought)]
    assert states == [Lifecycle.ACTIVE, Lifecycle.CANCELLED, Lifecycle.CANCELLED, Lifecycle.ACTIVE, Lifecycle.ACTIVE]
    assert sandbox.control.journal() == []
    back = dana.press(dana.visit(done.url), "Back to where you were")
    assert back.url.endswith("/bss/queue/QuantityOutOfRange")


def test_a_retry_counts_what_it_can_mend(world, dana):
    for _ in range(2):
        failed(world, "CreditLimitExceeded")
    failed(world, "CreditLimitExceeded", imported_at=datetime.now(UTC))
    page = dana.open("bss.group", cause="CreditLimitExceeded")
    assert page.one("#mend-retry").get_text() == "Retry 2, leave 1"
    assert ["Retry 2, leave 1, " in row for row in page.rows] == [True]
    preview = dana.press(page, "Retry 2, leave 1")
    assert "2 assets, one request each" in preview.text


def test_all_are_tried_again_after_the_first_was_refused(world, dana, work, sandbox):
    """With one press to the preview, and only after being told what has to be mended."""
    for _ in range(4):
        failed(world, "CreditLimitExceeded")
    preview = dana.press(dana.open("bss.group", cause="CreditLimitExceeded"), "Retry all, one first")
    details = {"code": "CreditLimitExceeded", "status": 403, "message": "The limit is 5,000.00."}
    sandbox.control.fault("createCoupon", "refuse", **details)
    page = dana.submit(preview, "Start")
    for _ in range(3):
        work.later(5)
    page = dana.visit(page.url)
    assert "Mend this first: Raise the limit with BitTitan, then retry all." in page.text
    assert "BitTitan said: “The limit is 5,000.00.”" in page.text
    assert page.one("#retry-mend")["href"].endswith("/bss/queue/CreditLimitExceeded")
    again = dana.press(page, "Retry all of them (4)")
    assert "4 assets" in again.text
    assert sandbox.control.purchases() == []
    dana.submit(again, "Start")
    for _ in range(5):
        work.later(5)
    assert len(sandbox.control.purchases()) == 4


def test_what_was_ticked_in_a_list_leads_back_to_the_same_list(world, dana):
    asset = failed(world, "CreditLimitExceeded")
    page = dana.visit("/bss/billing/assets?status=failed&from=2026-01-01")
    preview = dana.submit(page, "Synchronize again", pick=[asset.id])
    assert preview.h1 == "Retry of 1 asset: Credit limit exceeded"
    (back,) = [link["href"] for link in preview.soup.select("a.btn") if "Send nothing" in link.get_text()]
    assert back == "/bss/billing/assets?status=failed&from=2026-01-01"
