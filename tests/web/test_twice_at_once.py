"""Each act of the portal by several people in the same moment: one is first, and the page of each other one says so.

It is drawn from what is known after a transaction was rolled back: there is no 500, and what it offers is of now.
"""

import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from threading import Barrier

import pytest

from portal.models import Asset, Coupon
from tests import asset_requests, bulk, files, reconciliations
from tests.page import Page
from tests.proof.crowd import Click, click
from tests.work import Work

PEOPLE = 4
REASON = "Found in BitTitan’s portal"


class Acts:
    """Each returns the clicks that two administrators have before them, on pages that they opened before."""

    def __init__(self, world, browse, sandbox):
        self.world, self.sandbox = world, sandbox
        self.people = [browse("dora"), browse("dana")]
        self.admins = [browse("paula"), browse("dora")]

    def attach(self) -> list[Click]:
        """One code to two assets."""
        assets, code = self.world.assets(2), self._issued()
        turns = cycle(assets)
        return self._each(lambda person: self._checked(person, next(turns), code))

    def attach_in_a_review(self) -> list[Click]:
        asset = self.world.asset("review")
        code = self._issued(ExternalReference=asset.reference)
        return self._each(lambda person: self._checked(person, asset, code))

    def replace(self) -> list[Click]:
        """One code in place of two unverified ones."""
        code, turns = self._issued(), cycle([self._unverified() for _ in range(2)])

        def checked(person) -> Click:
            page = person.open("bss.assets.replace", asset_id=next(turns).id)
            page = person.ask(page, "Check the code", code=code, reason=REASON)
            return click(person, page, "Replace the code")

        return self._each(checked)

    def withdraw(self) -> list[Click]:
        return self._of_asset(self._unverified(), "withdraw", "Withdraw the code", reason=REASON)

    def attest(self) -> list[Click]:
        return self._of_asset(self.world.asset("review"), "attest", "Attest that nothing was bought", reason=REASON)

    def cancel(self) -> list[Click]:
        return self._of_asset(self.world.asset(), "cancel", "Cancel the asset", reason=REASON)

    def revoke_to_cancel(self) -> list[Click]:
        words = "Revoke the coupon and cancel the asset"
        return self._of_asset(self.world.asset("synchronized"), "cancel", words, reason=REASON)

    def save(self) -> list[Click]:
        names = cycle("ABCD")
        asset = self.world.asset("synchronized")
        return self._each(lambda person: self._form(person, "edit", asset, "Save", name=next(names)))

    def rename(self) -> list[Click]:
        """Like a partner’s people do."""
        asset, names = self.world.asset("synchronized"), cycle("ABCD")

        def typed(person) -> Click:
            page = person.open("storefront.assets.edit", asset_id=asset.id)
            return click(person, page, "Save", name=next(names))

        return self._each(typed, self.admins[:1])

    def ask(self) -> list[Click]:
        return self._on("storefront.assets.show", to="/requests", ids=self._id(), people=self.admins[:1])

    def answer_request(self) -> list[Click]:
        """Some answer, one closes it, and one tries again as well."""
        ids, person = {"asset_request_id": asset_requests.request(self.world).id}, self.people[0]
        page = person.open("bss.asset_requests.show", **ids)
        presses = ("Answer", "Answer and synchronize again", "Answer")
        answers = [click(person, page, press, words="We look into it.") for press in presses]
        return [*answers, click(person, page, "Close the request", because="not needed")]

    def link_account(self) -> list[Click]:
        return self._on("accounts.show", to="/syncs", ids={"account_id": self.world.customer.id})

    def press(self) -> list[Click]:
        return self._of_asset(self.world.asset(), "show", to="/syncs")

    def give(self) -> list[Click]:
        """One coupon of the register to two assets."""
        coupon, turns = self._surplus(), cycle(self.world.assets(2))

        def chosen(person) -> Click:
            page, asset = person.open("bss.surplus.show", coupon_id=coupon.id), next(turns)
            return click(person, page, "Attach the coupon", asset=f"{asset.id}:{asset.version}", reason=REASON)

        return self._each(chosen)

    def revoke(self) -> list[Click]:
        return self._on("bss.surplus.show", "Revoke the coupon", reason=REASON, ids={"coupon_id": self._surplus().id})

    def edit_account(self) -> list[Click]:
        """Two of one account, and two others that want the same code."""
        turns = cycle([self.world.customer, self.world.partner, self.world.direct_customer])

        def typed(person) -> Click:
            page = person.open("accounts.edit", account_id=next(turns).id)
            return click(person, page, "Save", code="WANTED")

        return self._each(typed)

    def new_account(self) -> list[Click]:
        return self._on("accounts.new", "Save", kind="customer", name="Newcomer", code="WANTED")

    def disable_account(self) -> list[Click]:
        return self._on("accounts.disable", "Disable the account", ids={"account_id": self.world.rival.id})

    def edit_person(self) -> list[Click]:
        ids = {"account_id": self.world.customer.id, "user_id": self.world.carl.id}
        names = cycle("ABCD")
        return self._each(
            lambda person: click(person, person.open("accounts.users.edit", **ids), "Save", name=next(names)),
            self.admins,
        )

    def new_person(self) -> list[Click]:
        typed = {"name": "Newcomer", "email": "newcomer@brightwood.example"}
        page = {"account_id": self.world.customer.id}
        return self._each(
            lambda person: click(person, person.open("accounts.users.new", **page), to="/users/new", **typed),
            self.admins,
        )

    def disable_each_other(self) -> list[Click]:
        """Of the last administrators one stays."""
        ids = {"account_id": self.world.customer.id, "user_id": self.world.cora.id}
        return self._on("accounts.users.edit", to="/disablings", ids=ids, people=self.admins)

    def links(self) -> list[Click]:
        ids = {"account_id": self.world.customer.id, "user_id": self.world.carl.id}
        return self._on("accounts.users.edit", to="/links", ids=ids, people=self.admins)

    def apply(self) -> list[Click]:
        file = files.bring(self.world, files.written([files.failed(1)]))
        return self._on("bss.imports.show", "Take 1 row", ids={"import_id": file.id})

    def discard(self) -> list[Click]:
        file = files.bring(self.world, files.written([files.failed(1)]))
        return self._on("bss.imports.show", to="/deletions", ids={"import_id": file.id})

    def start(self) -> list[Click]:
        return self._on("bss.retries.show", "Start", ids={"retry_id": self.world.retry().id})

    def stop(self) -> list[Click]:
        return self._on("bss.retries.show", to="/stops", ids={"retry_id": self.world.retry("running").id})

    def start_a_bulk_change(self) -> list[Click]:
        ids = {"operation_id": bulk.operation(self.world).id}
        return self._on("bss.bulk.show", "Cancel 2 assets", ids=ids, reason=REASON)

    def stop_a_bulk_change(self) -> list[Click]:
        ids = {"operation_id": bulk.operation(self.world, "running").id}
        return self._on("bss.bulk.show", to="/stops", ids=ids)

    def see_alerts(self) -> list[Click]:
        self.world.alert()
        return self._on("bss.alerts.index", "Mark as seen: Something to look into.")

    def compare(self) -> list[Click]:
        return self._on("bss.reconciliation.index", to="/runs")

    def stop_a_comparison(self) -> list[Click]:
        run = reconciliations.full_run(self.world, "listing")
        return self._on("bss.reconciliation.show", to="/stops", ids={"run_id": run.id})

    def go_on_with_a_comparison(self) -> list[Click]:
        run = reconciliations.full_run(self.world, "incomplete")
        return self._on("bss.reconciliation.show", to="/continuations", ids={"run_id": run.id})

    def order(self) -> list[Click]:
        typed = {"account": self.world.customer.id, "product": self.world.mailbox.id, "quantity": "5", "name": "Five"}
        page = self.people[0].open("bss.orders.new")
        return [click(self.people[0], page, to="/orders/new", **typed)] * PEOPLE

    def _issued(self, **fields) -> str:
        code = f"SBX-{uuid.uuid4().hex[:12]}"
        held = {"Code": code, "Quantity": 25, "OrganizationId": self.world.partner.organization_id}
        self.sandbox.control.put_coupons([held | {"ExternalReference": "before"} | fields])
        return code

    def _surplus(self) -> Coupon:
        coupon = self.world.surplus(self.world.asset("synchronized"))
        self._issued(Code=coupon.code, Id=coupon.bittitan_id, ExternalReference=coupon.reference)
        return coupon

    def _id(self) -> dict[str, int]:
        return {"asset_id": self.world.asset().id}

    def _unverified(self) -> Asset:
        asset = self.world.asset("synchronized")
        with self.world.transaction():
            coupon = Coupon.query.filter_by(asset_id=asset.id).one()
            coupon.is_verified, coupon.confirmed_at = False, None
        return asset

    def _checked(self, person, asset: Asset, code: str) -> Click:
        page = person.open("bss.assets.attach", asset_id=asset.id)
        page = person.ask(page, "Check the code", code=code, reason=REASON)
        return click(person, page, "Attach the code")

    def _form(self, person, act: str, asset: Asset, button=None, **fields) -> Click:
        return click(person, person.open(f"bss.assets.{act}", asset_id=asset.id), button, **fields)

    def _of_asset(self, asset: Asset, act: str, button=None, **fields) -> list[Click]:
        return self._each(lambda person: self._form(person, act, asset, button, **fields))

    def _on(self, endpoint: str, button=None, *, ids=None, people=None, **fields) -> list[Click]:
        return self._each(lambda person: click(person, person.open(endpoint, **(ids or {})), button, **fields), people)

    def _each(self, make, people=None) -> list[Click]:
        turns = cycle(people or self.people)
        return [make(next(turns)) for _ in range(PEOPLE)]


ACTS = [name for name in vars(Acts) if not name.startswith("_")]


def together(clicks: list[Click]) -> list[Page]:
    """Each has its own thread; they are let go in one moment, and nobody commits before each has come as far. What
    BitTitan has to be asked for is carried out by as many workers, let go in one moment, too."""
    posted, asked = Barrier(len(clicks)), Barrier(len(clicks))

    def one(each: Click) -> Page:
        client = each.app.test_client(use_cookies=False)
        headers = {"Cookie": each.cookies, "Content-Type": "application/x-www-form-urlencoded"}
        posted.wait()
        response = client.post(each.url, data=each.data, headers=headers)
        asked.wait()
        there = response.headers.get("Location", "")
        if "/requests/" not in there:
            return Page(response, url=each.url, method="POST")
        while "waiting-title" in (response := client.get(there, headers=headers)).text:
            Work(each.app).drain()
        return Page(response, url=there, method="GET")

    with ThreadPoolExecutor(len(clicks)) as pool:
        return list(pool.map(one, clicks))


@pytest.mark.parametrize("act", ACTS)
def test_who_comes_second_gets_a_page_that_says_so(app, world, browse, sandbox, act):
    acts = Acts(world, browse, sandbox)
    app.testing = False  # as in life: what nobody caught is a page, too
    answers = together(getattr(acts, act)())
    for page in answers:
        assert page.status in (200, 303, 404, 409, 422), page
        is_told = page.errors or page.flash or page.soup.select(".notice, .comparison") or page.status in (303, 200)
        assert is_told or page.h1.startswith(("Nothing was changed", "There is no such page")), page
        for held in page.soup.select("[data-asset-id][data-version]"):
            row = world.find(Asset, int(held["data-asset-id"]))
            assert int(held["data-version"]) == row.version, page
    assert any(page.status in (200, 303) for page in answers), answers
