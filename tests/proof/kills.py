"""Killed at any instruction: a process that serves people and works beside it, again and again, at times of a lot."""

import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from portal.models import Asset, Attempt, Trigger
from portal.worker.loop import Worker
from tests.browser import Browser
from tests.people import PASSWORD
from tests.proof.place import Place
from tests.proof.processes import Process, Tell

FAULTS = (None, None, None, "drop_before", "drop_after", "truncate", "refuse", "fail_after")
MOST_ACTS = 5
A_MOMENT = 0.1
"""Seconds: about as long as one act takes."""
ASSETS = 4
"""Failed ones that are there from the beginning, beside one that is bought already."""


def kill_again_and_again(place: Place, lot: Random, times: int) -> None:
    """Every save that was acknowledged is there, after each kill; in the end all is healed."""
    failed = [place.world.asset().id for _ in range(ASSETS)]
    bought = place.shop.order()
    place.work.drain()
    dana = Browser(place.app)
    dana.sign_in(place.world.dana.email, PASSWORD)
    dana.is_watched = False
    acknowledged = _Acknowledged(place, bought)
    for turn in range(1, times + 1):
        if fault := lot.choice(FAULTS):
            place.sandbox.control.fault("createCoupon", fault)
        with Process(place.app, lambda tell, turn=turn: _live(place, dana, failed, bought, turn, tell)) as process:
            heard = [process.hear() for _ in range(lot.randint(1, MOST_ACTS))]
            time.sleep(lot.uniform(0, A_MOMENT))
            process.kill()
            acknowledged.note(heard + process.told())
        acknowledged.check()
        place.work.skip(61)
    place.sandbox.control.clear_faults()
    place.heal()
    place.check()
    place.buy_what_is_missing()
    place.check_all_bought()


def _live(place: Place, dana: Browser, failed: list[int], bought: int, turn: int, tell: Tell) -> None:
    threading.Thread(target=Worker(place.app).run, daemon=True).start()
    for number in itertools.count(turn * 1000):
        _rename(dana, bought, number, tell)
        _press(dana, failed[number % len(failed)], tell)
        if number % 3 == 0:
            _order(place, dana, number, tell)


def _rename(dana: Browser, asset_id: int, number: int, tell: Tell) -> None:
    page = dana.open("bss.assets.edit", asset_id=asset_id)
    if dana.submit(page, name=f"Name {number}", note="").status == 200:
        tell(["renamed", number])


def _press(dana: Browser, asset_id: int, tell: Tell) -> None:
    page = dana.open("bss.assets.show", asset_id=asset_id)
    if page.soup.select("form[action$='/syncs']") and dana.submit(page, to="/syncs").status == 200:
        tell(["pressed", asset_id])


def _order(place: Place, dana: Browser, number: int, tell: Tell) -> None:
    page = dana.open("bss.orders.new")
    chosen = {"account": place.world.customer.id, "product": place.world.mailbox.id, "quantity": "3"}
    if dana.submit(page, "Place the order", name=f"Order {number}", **chosen).status == 200:
        tell(["ordered", f"Order {number}"])


@dataclass
class _Acknowledged:
    place: Place
    bought: int
    last_name: int = 0
    ordered: set[str] = field(default_factory=set)
    presses: Counter = field(default_factory=Counter)

    def note(self, told: list) -> None:
        for what, which in told:
            if what == "renamed":
                self.last_name = which
            elif what == "ordered":
                self.ordered.add(which)
            else:
                self.presses[which] += 1

    def check(self) -> None:
        """What came after the last acknowledgement may be there or not."""
        shop = self.place.shop
        _, _, number = shop.asset(self.bought).name.partition("Name ")
        assert int(number or 0) >= self.last_name
        assert self.ordered <= {asset.name for asset in shop.all(Asset)}
        kept = Counter(row.asset_id for row in shop.all(Attempt, Attempt.trigger == Trigger.PRESS))
        assert self.presses <= kept
