"""Purchases by the million, like stories but with fewer details.

Unlike stories they have no exchanges with BitTitan, no changes of names, and at most two attempts. All happens on the
day of the purchase, except look-ups and redeeming.
"""

from bisect import bisect
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from portal.demo import calendar
from portal.demo.bulk.accounts import Branch
from portal.demo.bulk.date_texts import DateTexts
from portal.demo.bulk.outcomes import BulkOutcomes, BulkPurchase
from portal.demo.database_writer import DatabaseWriter
from portal.demo.offers import Offer
from portal.demo.story.purchases import QUANTITIES
from portal.demo.wording import ASSET_NAMES, NOTES
from portal.models import Asset, Order, User
from portal.models.text_keys import collation_key, search_key

YEARS = calendar.YEARS * 365


class BulkPurchases:
    """Adds purchases, day by day."""

    def __init__(
        self, seed: str, today: datetime, zone: ZoneInfo, branches: list[Branch], staff: list[User],
        offers: list[Offer], writer: DatabaseWriter,
    ):  # fmt: skip
        self._seed, self._today = seed, today
        self._days = DateTexts((today - timedelta(days=YEARS)).date(), zone)
        self._branches, self._bounds = branches, list(accumulate(branch.weight for branch in branches))
        self._staff = [(user.id, user.name) for user in staff]
        self._offers = offers
        self._orders, self._assets = writer.table(Order), writer.table(Asset)
        self._outcomes = BulkOutcomes(writer, self._days, self._staff)
        self._prices: dict[tuple[int, str, int], int] = {}
        self._names = {language: [_with_keys(name) for name in texts] for language, texts in ASSET_NAMES.items()}

    def start_day(self, day: int) -> None:
        """Prepares the day: who can buy, what is sold, and the possible outcomes."""
        self._day, self._rng = day, Random(f"{self._seed}:{day}")
        age = YEARS - day
        self._years_ago = age // 365
        sold = [offer for offer in self._offers if offer.sold_from >= age >= offer.sold_until]
        self._sold = [(offer, self._offers.index(offer), _with_keys(offer.name)) for offer in sold]
        self._sold_bounds = list(accumulate(offer.weight for offer in sold))
        self._sold_whole = self._sold_bounds[-1]
        self._sizes = [branch.size_at(day / YEARS) for branch in self._branches]
        self._outcomes.start_day(day, age, self._rng)

    def moments(self, count: int) -> list[int]:
        """Returns sorted times within working hours, in microseconds since midnight UTC."""
        return sorted(calendar.micros_at_work(self._rng) for _ in range(count))

    def add(self, micros: int) -> None:
        draw, bits = self._rng.random, self._rng.getrandbits
        account_id, payer_id, branch, organization_id = self._account(draw)
        offer, place, name = self._sold[bisect(self._sold_bounds, draw() * self._sold_whole, hi=len(self._sold) - 1)]
        if draw() < 0.3:
            name = self._own_words(branch.language)
        chance = draw()
        quantity = QUANTITIES[int(chance * len(QUANTITIES))] if chance < 0.9 else 1 + bits(7) % 99
        buyers = branch.buyers if branch.buyers and draw() < 0.65 else self._staff
        by = buyers[bits(8) % len(buyers)]
        key = self._days.uuid(self._day, micros, bits(64))
        reference = f"mrd-{self._days.uuid(self._day, micros, bits(64))}"
        at, bought_on = self._days.at(self._day, micros), self._days.local(self._day, micros)
        order_id, asset_id = self._orders.new_id(), self._assets.new_id()
        price = self._price(offer, place, branch.currency)
        channel = "bss" if buyers is self._staff else "storefront"
        po_number = f"4500-{order_id:07}" if channel == "storefront" and chance < 0.4 else ""
        self._orders.rows.append(
            (order_id, key, account_id, branch.partner_id or account_id, payer_id, channel, "executed", by[0], at, 1,
             quantity, branch.currency, price * quantity, by[0], at, po_number, po_number)
        )  # fmt: skip
        purchase = BulkPurchase(at, micros, asset_id, offer, quantity, reference, organization_id, by)
        outcome = self._outcomes.draw(purchase)
        self._assets.rows.append(
            (asset_id, *name, account_id, branch.partner_id or account_id, payer_id, offer.product_id, order_id,
             quantity, price, branch.currency, bought_on, offer.expire_days,
             offer.validity_days, outcome.redeem_by, outcome.issued_at, outcome.status, outcome.lifecycle,
             NOTES[bits(8) % len(NOTES)] if chance < 0.03 else "", reference, outcome.attempts, None, at,
             outcome.version)
        )  # fmt: skip

    def take_coupons(self) -> list[tuple]:
        """Returns the coupons issued since the last call, in the form of the sandbox's rows."""
        taken, self._outcomes.coupons = self._outcomes.coupons, []
        return taken

    def _account(self, draw) -> tuple[int, int, Branch, str]:
        """Returns the account, the payer, the branch and the organisation of a purchase."""
        place = bisect(self._bounds, draw() * self._bounds[-1], hi=len(self._bounds) - 1)
        branch = self._branches[place]
        number = int(self._sizes[place] * draw() ** 2)
        account_id = branch.first_id + number
        if branch.partner_id is None:
            return account_id, account_id, branch, branch.organization_ids[number]
        if draw() < 0.04:
            account_id = branch.partner_id
        return account_id, branch.partner_id, branch, branch.organization_ids[0]

    def _own_words(self, language: str) -> tuple[str, str, bytes]:
        texts = self._names.get(language) or self._names["en"]
        name = texts[self._rng.getrandbits(8) % len(texts)]
        chance = self._rng.getrandbits(8)
        return name if chance & 1 else _with_keys(f"{name[0]} ({chance})")

    def _price(self, offer: Offer, place: int, currency: str) -> int:
        key = place, currency, self._years_ago
        if key not in self._prices:
            self._prices[key] = offer.price_at(currency, self._years_ago)
        return self._prices[key]


def _with_keys(name: str) -> tuple[str, str, bytes]:
    return name, search_key(name), collation_key(name)
