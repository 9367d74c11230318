"""Where each kind of process can be killed, and what brings it there.

`LEAD_TO[name](place)` leaves work behind whose next step passes that transaction's points; `PAGES[act](place, browser)`
opens the page whose form a person then submits.
"""

import itertools
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from portal.core import failpoints
from portal.services import vendor
from portal.worker.loop import Worker
from tests.browser import Browser
from tests.people import PASSWORD
from tests.proof.place import A_DAY, Place
from tests.proof.processes import Process, killed_at
from tests.sandbox_process import MAILBOX_LICENSE

KINDS = ("searchable", "idempotent", "blind")
ASKING = ("look first", "look-up", "watch")
AROUND_SENDING = (
    *(f"begin_send: {when}" for when in (failpoints.BEFORE_COMMIT, failpoints.AFTER_COMMIT)),
    failpoints.FIRST_BYTE,
    failpoints.ANSWER_READ,
    *(f"record_outcome: {when}" for when in (failpoints.BEFORE_COMMIT, failpoints.AFTER_COMMIT)),
)
BY_HAND = ("attest", "cancel")
"""Units that only a person at a page begins."""


@dataclass(frozen=True)
class Cell:
    who: str
    point: str
    act: str

    def __str__(self) -> str:
        return f"{self.who}, {self.act}: killed at {self.point}"


def cells(kind: str) -> list[Cell]:
    """All that this kind of server lets happen."""
    found = []
    for name, when in itertools.product(failpoints.UNITS, (failpoints.BEFORE_COMMIT, failpoints.AFTER_COMMIT)):
        point = f"{name}: {when}"
        if name == "reserve":
            found += [Cell("web", point, act) for act in ("order", "press", "save")]
            found.append(Cell("CLI", point, "resync"))
        elif name in BY_HAND:
            found.append(Cell("web", point, name))
        elif kind != "blind" or name not in ASKING:
            found += [Cell(who, point, name) for who in ("worker", "CLI")]
    for who in ("worker", "CLI"):
        found += [Cell(who, point, "begin_send") for point in (failpoints.FIRST_BYTE, failpoints.ANSWER_READ)]
        if kind != "blind":
            found += [Cell(who, point, name) for point in (failpoints.ASKED, failpoints.ANSWERED) for name in ASKING]
    return found


def each_point_once() -> list[Cell]:
    """For the short run: whoever passes it first in the list."""
    firsts = {}
    for cell in cells("searchable"):
        firsts.setdefault(cell.point, cell)
    return list(firsts.values())


def play(cell: Cell, place: Place) -> None:
    """Somebody is killed there; a fresh worker heals; a person buys what is still missing; the journal judges."""
    if cell.who == "web":
        _at_a_page(cell, place)
    elif cell.act == "resync":
        number = place.world.asset().number
        killed_at(place.app, cell.point, lambda: _command(place.app, "assets", "resync", number))
    else:
        LEAD_TO[cell.act](place)
        killed_at(place.app, cell.point, lambda: WORK[cell.who](place.app))
    _judge(place)


def _judge(place: Place) -> None:
    place.heal()
    place.check()
    place.buy_what_is_missing()
    place.check_all_bought()


def _work(app: Flask) -> None:
    Worker(app).run()


def _command(app: Flask, *arguments: str) -> None:
    result = app.test_cli_runner().invoke(args=arguments)
    assert result.exit_code == 0, result.output


WORK = {"worker": _work, "CLI": lambda app: _command(app, "worker", "--once")}


def _at_a_page(cell: Cell, place: Place) -> None:
    browser, act = Browser(place.app), PAGES[cell.act]
    browser.sign_in(place.world.dana.email, PASSWORD)
    submit = act(place, browser)
    killed_at(place.app, cell.point, submit)


def _order(place: Place, browser: Browser) -> Callable[[], object]:
    page = browser.open("bss.orders.new")
    chosen = {
        "account": place.world.customer.id,
        "product": place.world.mailbox.id,
        "quantity": "25",
        "name": "For you",
    }
    return lambda: browser.submit(page, "Place the order", **chosen)


def _press(place: Place, browser: Browser) -> Callable[[], object]:
    page = browser.open("bss.assets.show", asset_id=place.world.asset().id)
    return lambda: browser.submit(page, to="/syncs")


def _save(place: Place, browser: Browser) -> Callable[[], object]:
    page = browser.open("bss.assets.edit", asset_id=place.world.asset().id)
    return lambda: browser.submit(page, name="Another", note="x", expire_days="30", validity_days="40")


def _attached(place: Place) -> None:
    """A person has asked for it on a page; the worker that carries it out is the one who dies."""
    asset, browser = place.world.asset(), Browser(place.app)
    browser.sign_in(place.world.dana.email, PASSWORD)
    coupon = {
        "Code": "BY-HAND-1", "ProductSkuId": MAILBOX_LICENSE, "Quantity": asset.quantity,
        "OrganizationId": place.world.partner.organization_id, "ExternalReference": "given out by hand",
    }  # fmt: skip
    place.sandbox.control.put_coupons([coupon])
    page = browser.ask(
        browser.open("bss.assets.attach", asset_id=asset.id),
        "Check the code",
        code="BY-HAND-1",
        reason="Found in BitTitan’s portal",
    )
    browser.submit(page, "Attach the code")


def _attest(place: Place, browser: Browser) -> Callable[[], object]:
    asset = place.world.asset("review")
    place.for_people.add(asset.id)
    page = browser.open("bss.assets.attest", asset_id=asset.id)
    return lambda: browser.submit(page, "Attest that nothing was bought", reason="BitTitan’s support says so")


def _cancel(place: Place, browser: Browser) -> Callable[[], object]:
    page = browser.open("bss.assets.cancel", asset_id=place.world.asset().id)
    return lambda: browser.submit(page, "Cancel the asset", reason="Ordered twice")


PAGES = {
    "order": _order,
    "press": _press,
    "save": _save,
    "attest": _attest,
    "cancel": _cancel,
}


def _ordered(place: Place) -> None:
    place.shop.order()


def _pressed(place: Place) -> None:
    place.shop.press(place.world.asset().id)


def _left_by_a_sender(place: Place) -> None:
    """Who was killed before: the coupon is bought, the answer was read, nothing is recorded."""
    place.shop.order()
    killed_at(place.app, failpoints.ANSWER_READ, lambda: WORK["CLI"](place.app))
    place.work.skip(61)


def _in_doubt(place: Place) -> None:
    asset_id = place.shop.order()
    place.sandbox.control.fault("createCoupon", "drop_after", place.shop.asset(asset_id).reference)
    place.work.drain()
    place.work.skip(15)


def _watched(place: Place) -> None:
    """It was not carried out, beyond doubt, and is looked up all the same."""
    reference = place.shop.asset(place.shop.order()).reference
    place.sandbox.control.fault("createCoupon", "drop_before", reference)
    place.sandbox.control.fault("createCoupon", "refuse", reference, code="CreditLimitExceeded")
    place.work.drain()
    for seconds in (15, 601, 61):
        place.work.later(seconds)
    place.sandbox.control.clear_faults()
    place.work.skip(A_DAY)


def _mixed_up(place: Place) -> None:
    """One's answer is lost, another's carries its code: BitTitan is about to be asked whose it is."""
    first = place.shop.asset(place.shop.order()).reference
    place.sandbox.control.fault("createCoupon", "drop_after", first)
    place.work.drain()
    second = place.shop.asset(place.shop.order()).reference
    place.sandbox.control.fault("createCoupon", "mix_up", second, marks="both")
    place.work.drain()
    place.work.skip(11)


LEAD_TO = {
    "claim": _ordered,
    "begin_send": _ordered,
    "record_outcome": _ordered,
    "finish": _ordered,
    "look first": _pressed,
    "recover": _left_by_a_sender,
    "look-up": _in_doubt,
    "watch": _watched,
    "confirm": _mixed_up,
    "attach": _attached,
}


def play_killed_by_bittitan(place: Place, at: str) -> None:
    """Without cooperation: the server kills the worker's process group while it is talking to it."""
    _ordered(place)

    def work(_tell) -> None:
        with place.app.app_context():
            vendor.provider().sign_in()
        operation = "connect" if at == "accepted" else "createCoupon"
        place.sandbox.control.fault(operation, "kill_client", group=os.getpgrp(), at=at)
        WORK["CLI"](place.app)

    with Process(place.app, work) as process:
        assert process.wait() == -signal.SIGKILL
    assert len(place.sandbox.control.purchases()) == (at in ("done", "half answered"))
    _judge(place)
