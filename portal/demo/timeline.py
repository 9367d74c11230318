"""Loads the demo day by day: stories, and between them the bulk purchases of a large demo."""

from collections.abc import Callable
from datetime import datetime, timedelta
from operator import itemgetter
from random import Random

from portal.demo import calendar
from portal.demo.account_tree import AccountTree
from portal.demo.bulk.accounts import BulkAccounts
from portal.demo.bulk.purchases import BulkPurchases
from portal.demo.database_writer import DatabaseWriter
from portal.demo.offers import Offer
from portal.demo.sales.invoices import InvoiceHistory
from portal.demo.sales.waiting_orders import create_waiting_orders
from portal.demo.story.coupon_events import add_coupon_events
from portal.demo.story.purchase import Purchase
from portal.demo.story.purchases import USUAL_SIZE, StoryPurchases
from portal.demo.story.story import Story
from portal.extensions import db, settings
from portal.models import Asset, Role, User
from portal.sandbox.storage.load import Loading

STORIES = USUAL_SIZE
"""The number of assets with a story; further assets are written in bulk."""
BATCH = 5000
DAYS = calendar.YEARS * 365


class Timeline:
    def __init__(self, seed: int, now: datetime, tree: AccountTree, offers: list[Offer], password_hash: str):
        self._seed, self._now, self._today = seed, now, calendar.midnight(now)
        self._tree, self._offers, self._hash = tree, offers, password_hash
        self._staff = [user for user in tree.users[tree.distributor.id] if user.role is Role.OPERATOR]
        self._rng = Random(f"{seed}:stories")
        self._writer = DatabaseWriter(db.session.connection())
        self._coupons: list[dict] = []

    def load(self, assets: int, sandbox: Loading | None, say: Callable[[str], None]) -> None:
        stories, done = self._stories_by_day(min(assets, STORIES)), 0
        bulk, counts = self._bulk(assets - STORIES) if assets > STORIES else (None, [0] * DAYS)
        for day, count in enumerate([*counts, 0]):
            purchases = stories.get(day, [])
            if count:
                bulk.start_day(day)
                purchases += ((micros, None) for micros in bulk.moments(count))
                purchases.sort(key=itemgetter(0))
            for micros, purchase in purchases:
                if purchase is None:
                    bulk.add(micros)
                else:
                    self._story(purchase)
            if len(self._writer.table(Asset).rows) >= BATCH:
                done += len(self._writer.table(Asset).rows)
                self._write(sandbox, bulk, until=self._first_day + timedelta(days=day + 1))
                say(f"{done:,} of {assets:,} assets")
        self._write(sandbox, bulk, until=self._first_day)
        self._writer.let_others_write()
        self._writer.add_audits(create_waiting_orders(self._tree, self._offers, self._now))
        if bulk is None:  # what is written in bulk is billed elsewhere
            self._writer.add_audits(InvoiceHistory(self._seed, self._now, self._accountant).create())
        self._writer.finish()

    @property
    def _accountant(self) -> User:
        """Who issues the invoices."""
        staff = self._tree.users[self._tree.distributor.id]
        return next(user for user in staff if user.role is Role.ADMIN)

    @property
    def _first_day(self) -> datetime:
        return self._today - timedelta(days=DAYS)

    def _stories_by_day(self, count: int) -> dict[int, list[tuple[int, Purchase]]]:
        """Returns the stories of each day with their microseconds of the day, to sort bulk purchases between them."""
        may_send = settings().uses_sandbox
        rng = Random(f"{self._seed}:market")
        generator = StoryPurchases(rng, self._now, self._tree, self._offers, may_send=may_send)
        by_day: dict[int, list[tuple[int, Purchase]]] = {}
        for purchase in generator.generate(count):
            since = purchase.placed_at - self._first_day
            micros = since.seconds * 1_000_000 + since.microseconds
            by_day.setdefault(since.days, []).append((micros, purchase))
        return by_day

    def _bulk(self, count: int) -> tuple[BulkPurchases, list[int]]:
        seed, zone = f"{self._seed}:plain:{count}", settings().time_zone
        rng = Random(f"{seed}:crowd")
        branches = BulkAccounts(rng, self._today, self._tree, self._writer, self._hash).create(count)
        bulk = BulkPurchases(seed, self._today, zone, branches, self._staff, self._offers, self._writer)
        return bulk, calendar.counts(Random(f"{seed}:days"), self._today, count)

    def _story(self, purchase: Purchase) -> None:
        story = Story(purchase, self._rng, self._now if purchase.case.is_live else self._today, self._staff)
        purchase.case.apply(story)
        add_coupon_events(story)
        self._writer.add_story(story)
        self._coupons += story.vendor_coupons

    def _write(self, sandbox: Loading | None, bulk: BulkPurchases | None, until: datetime | None = None) -> None:
        self._writer.write(until=until)
        coupons, self._coupons = self._coupons, []
        rows = bulk.take_coupons() if bulk else []
        if sandbox:
            sandbox.put(coupons)
            sandbox.put_rows(rows)
