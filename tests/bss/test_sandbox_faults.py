"""The sandbox's faults as switches; beside a real server there are none."""

import pytest

from tests.apps import opened
from tests.browser import Browser
from tests.people import PASSWORD
from tests.sandbox_process import free_port
from tests.settings import make_settings

pytestmark = pytest.mark.sqlite  # the sandbox is asked, not the database: once is enough


@pytest.fixture
def dora(browse):
    return browse("dora")


def switch(browser, page, fault: str, button: str):
    form = page.one(f"input[name=fault][value={fault}]").find_parent("form")
    return browser.submit(page, button, form=form)


@pytest.mark.parametrize(
    "fault, operation, name",
    [
        ("refuse", "createCoupon", "refuse"),
        ("time-out", "createCoupon", "timeout_after"),
        ("truncate", "createCoupon", "truncate"),
        ("lag", "createCoupon", "drop_after"),
        ("go-away", "*", "drop_before"),
    ],
)
def test_each_switch_sets_its_fault(dora, sandbox, fault, operation, name):
    done = switch(dora, dora.open("bss.bittitan.show"), fault, "Next call")
    (waiting,) = sandbox.control.faults()
    assert (waiting["operation"], waiting["fault"], waiting["left"]) == (operation, name, 1)
    assert "Waits for the next call" in done.text


def test_a_fault_stays_until_all_are_switched_off(dora, sandbox):
    page = switch(dora, dora.open("bss.bittitan.show"), "refuse", "Until switched off")
    assert "On until switched off" in page.text
    assert [each["left"] for each in sandbox.control.faults()] == [None]
    page = switch(dora, page, "lag", "Next call")
    done = dora.submit(page, "Switch all off")
    assert sandbox.control.faults() == []
    assert "Switch all off" not in done.buttons


def test_a_switch_that_is_on_is_not_set_twice(dora, sandbox):
    page = dora.open("bss.bittitan.show")
    for _ in range(2):
        switch(dora, page, "refuse", "Until switched off")
    assert len(sandbox.control.faults()) == 1


def test_a_fault_that_was_met_is_told(app, dora, world, work, sandbox):
    switch(dora, dora.open("bss.bittitan.show"), "refuse", "Next call")
    page = dora.open("bss.orders.new")
    dora.submit(page, "Place the order", account=world.customer.id, product=world.mailbox.id, quantity="5")
    work.drain()
    page = dora.open("bss.bittitan.show")
    assert "Happened once recently" in page.text
    assert "Waits for the next call" not in page.text
    assert sandbox.control.purchases() == []


def test_an_unknown_fault_is_refused(dora, sandbox):
    assert dora.post("bss.bittitan.fault", {"fault": "explode"}).status == 422
    assert sandbox.control.faults() == []


def test_a_sandbox_that_is_down_is_a_sentence(app, dora, sandbox, tmp_path):
    own = app.config["PORTAL"]
    down = make_settings(own.database_url, tmp_path, SANDBOX_PORT=str(free_port()))
    app.config["PORTAL"] = down
    page = dora.open("bss.bittitan.show")
    assert "The sandbox is not running" in page.text
    refused = dora.post("bss.bittitan.fault", {"fault": "refuse"})
    assert (refused.status, "nothing was switched" in refused.flash) == (409, True)
    assert dora.post("bss.bittitan.calm").status == 409


def test_beside_a_real_server_there_is_no_dial(app, world, sandbox, tmp_path):
    own = app.config["PORTAL"]
    real = make_settings(
        own.database_url, tmp_path, BITTITAN_URL=f"{sandbox.url}/", BITTITAN_EMAIL="a@b.example", BITTITAN_PASSWORD="x"
    )
    assert not real.uses_sandbox
    with opened(real) as other:
        browser = Browser(other)
        browser.sign_in(world.dora.email, PASSWORD)
        assert "Faults" not in browser.open("bss.bittitan.show").text
        assert browser.post("bss.bittitan.fault", {"fault": "refuse"}).status == 404
        assert browser.post("bss.bittitan.calm").status == 404
    assert sandbox.control.faults() == []
