"""Day by day, in the order of time: stories, and among them the plain purchases of a large demo."""

from collections.abc import Callable
from datetime import datetime, timedelta
from operator import itemgetter
from random import Random

from portal.demo import calendar, plain, purchases
from portal.demo.afterlife import live_on
from portal.demo.crowd import Crowd
from portal.demo.purchase import Purchase
from portal.demo.shop import Offer
from portal.demo.story import Story
from portal.demo.tree import Tree
from portal.demo.writer import Writer
from portal.extensions import db, settings
from portal.models import Asset, Role
from portal.sandbox.storage.load import Loading

STORIES = purchases.USUAL_SIZE
"""So many assets have one; what goes beyond is plain."""
BATCH = 5000
DAYS = calendar.YEARS * 365


class Telling:
    def __init__(self, seed: int, now: datetime, tree: Tree, offers: list[Offer], password_hash: str):
        self._seed, self._now, self._today = seed, now, calendar.midnight(now)
        self._tree, self._offers, self._hash = tree, offers, password_hash
        self._staff = [user for user in tree.users[tree.distributor.id] if user.role is Role.OPERATOR]
        self._rng = Random(f"{seed}:stories")
        self._writer = Writer(db.session.connection())
        self._coupons: list[dict] = []

    def tell(self, assets: int, sandbox: Loading | None, say: Callable[[str], None]) -> None:
        stories, done = self._stories_by_day(min(assets, STORIES)), 0
        market, counts = self._plain(assets - STORIES) if assets > STORIES else (None, [0] * DAYS)
        for day, count in enumerate([*counts, 0]):
            told = stories.get(day, [])
            if count:
                market.begin(day)
                told = sorted([*told, *((micros, None) for micros in market.moments(count))], key=itemgetter(0))
            for micros, purchase in told:
                if purchase is None:
                    market.tell(micros)
                else:
                    self._story(purchase)
            if len(self._writer.of(Asset).rows) >= BATCH:
                done += len(self._writer.of(Asset).rows)
                self._write(sandbox, market, until=self._first_day + timedelta(days=day + 1))
                say(f"{done:,} of {assets:,} assets")
        self._write(sandbox, market)
        self._writer.finish()

    @property
    def _first_day(self) -> datetime:
        return self._today - timedelta(days=DAYS)

    def _stories_by_day(self, count: int) -> dict[int, list[tuple[int, Purchase]]]:
        """With the microseconds of the day, so that plain purchases come between them."""
        may_send = settings().uses_sandbox
        market = purchases.Market(
            Random(f"{self._seed}:market"), self._now, self._tree, self._offers, may_send=may_send
        )
        found: dict[int, list[tuple[int, Purchase]]] = {}
        for purchase in market.purchases(count):
            since = purchase.placed_at - self._first_day
            micros = since.seconds * 1_000_000 + since.microseconds
            found.setdefault(since.days, []).append((micros, purchase))
        return found

    def _plain(self, count: int) -> tuple[plain.Market, list[int]]:
        seed, zone = f"{self._seed}:plain:{count}", settings().time_zone
        branches = Crowd(Random(f"{seed}:crowd"), self._today, self._tree, self._writer, self._hash).gather(count)
        market = plain.Market(seed, self._today, zone, branches, self._staff, self._offers, self._writer)
        return market, calendar.counts(Random(f"{seed}:days"), self._today, count)

    def _story(self, purchase: Purchase) -> None:
        story = Story(purchase, self._rng, self._now if purchase.case.is_live else self._today, self._staff)
        purchase.case.tell(story)
        live_on(story)
        self._writer.tell(story)
        self._coupons += story.at_bittitan

    def _write(self, sandbox: Loading | None, market: plain.Market | None, until: datetime | None = None) -> None:
        self._writer.write(until=until)
        coupons, self._coupons = self._coupons, []
        rows = market.take_coupons() if market else []
        if sandbox:
            sandbox.put(coupons)
            sandbox.put_rows(rows)
