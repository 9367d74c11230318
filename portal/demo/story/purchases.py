"""Who bought what, and when."""

from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate
from random import Random

from portal.demo import calendar, names
from portal.demo.account_tree import AccountTree
from portal.demo.offers import Offer
from portal.demo.people import SIGN_IN_CUSTOMER
from portal.demo.story.cases import CASES, waits_its_turn
from portal.demo.story.outcomes import usual_case
from portal.demo.story.purchase import Case, Purchase
from portal.demo.wording import ASSET_NAMES, NOTES
from portal.models import Account, User

USUAL_SIZE = 2000
QUANTITIES = (5, 10, 10, 12, 15, 18, 20, 25, 25, 30, 40, 50, 50, 60, 75, 100, 120, 150, 200, 220, 250, 480, 1000)


class StoryPurchases:
    """`may_send` allows attempts that wait to be sent. Only with our own sandbox: another server would sell coupons."""

    def __init__(self, rng: Random, now: datetime, tree: AccountTree, offers: list[Offer], *, may_send: bool):
        self._rng, self._now, self._tree, self._offers = rng, now, tree, offers
        self._today = calendar.midnight(now)
        self._cases = CASES if may_send else tuple(case for case in CASES if case.apply is not waits_its_turn)
        self._accounts, self._weights = _buyers(tree)

    def generate(self, count: int) -> Iterator[Purchase]:
        """Yields the purchases in the order of time."""
        cases = self._shares(count)
        dated = [(self._when(case), case, place) for case, share in cases for place in range(share)]
        normal = calendar.moments(self._rng, self._today, count - len(dated))
        timeline = dated + [(moment, None, 0) for moment in normal]
        timeline.sort(key=lambda entry: entry[0])
        for moment, case, place in timeline:
            yield self._purchase(moment, case, place)

    def _shares(self, count: int) -> list[tuple[Case, int]]:
        """Returns how often each case occurs: at least once, if there are enough assets."""
        wanted = [(case, max(1, round(case.share * count / USUAL_SIZE))) for case in self._cases]
        if sum(share for _, share in wanted) <= count:
            return wanted
        return [(case, 1) for case in self._cases[:count]]

    def _when(self, case: Case) -> datetime:
        return case.when(self._rng, self._now if case.is_live else self._today)

    def _purchase(self, moment: datetime, case: Case | None, place: int) -> Purchase:
        account = self._account(moment, is_shown=case is not None and case.is_shown and place == 0)
        payer = self._tree.payer_of(account)
        offer = self._offer(moment)
        case = case or usual_case(self._rng, self._today - moment)
        name = offer.name
        if self._rng.random() < 0.3:
            name = self._rng.choice(ASSET_NAMES.get(account.language, ASSET_NAMES["en"]))
        return Purchase(
            placed_at=moment, account=account, payer=payer, placed_by=self._buyer(account),
            asked_by=self._asker(account), offer=offer, name=name,
            quantity=case.quantity or self._quantity(), case=case,
            note=self._rng.choice(NOTES) if self._rng.random() < 0.07 else "",
            unit_price=offer.price_at(payer.currency, self._age(moment) // 365),
        )  # fmt: skip

    def _account(self, moment: datetime, *, is_shown: bool) -> Account:
        """`is_shown` takes the account that the printed sign-ins of all three kinds can see."""
        if is_shown:
            return self._tree.named(SIGN_IN_CUSTOMER)
        for _ in range(20):
            account = self._rng.choices(self._accounts, cum_weights=self._weights)[0]
            if account.created_at < moment and not (account.disabled_at and account.disabled_at < moment):
                return account
        return self._tree.partners[0]

    def _buyer(self, account: Account) -> User:
        users = self._tree.buyers_for(account)
        users = [user for user in users if user.role.value != "viewer"]
        staff = [user for user in self._tree.users[self._tree.distributor.id] if user.role.value == "operator"]
        return self._rng.choice(users) if users and self._rng.random() < 0.65 else self._rng.choice(staff)

    def _asker(self, account: Account) -> User | None:
        users = self._tree.users.get(account.id, []) + self._tree.buyers_for(account)
        return next((user for user in users if user.role.value != "viewer"), None)

    def _offer(self, moment: datetime) -> Offer:
        age = self._age(moment)
        sold = [offer for offer in self._offers if offer.sold_from >= age >= offer.sold_until]
        return self._rng.choices(sold, [offer.weight for offer in sold])[0]

    def _age(self, moment: datetime) -> int:
        return max(0, (self._today - moment).days)

    def _quantity(self) -> int:
        return self._rng.choice(QUANTITIES) if self._rng.random() < 0.9 else self._rng.randint(1, 99)


def _buyers(tree: AccountTree) -> tuple[list[Account], list[float]]:
    """Returns the accounts and their cumulative weights: unequal among partners, and among the customers of each."""
    accounts, weights = [], []
    for partner, name in zip(tree.partners, names.PARTNERS, strict=True):
        _spread(accounts, weights, [partner, *tree.customers[partner.id]], name.weight)
    direct = [account for account in tree.customers[tree.distributor.id] if account.is_synchronized]
    _spread(accounts, weights, direct, names.DIRECT_WEIGHT)
    return accounts, list(accumulate(weights))


def _spread(accounts: list[Account], weights: list[float], members: list[Account], whole: float) -> None:
    shares = [1 / (place + 2) ** 0.8 for place in range(len(members))]
    accounts.extend(members)
    weights.extend(whole * share / sum(shares) for share in shares)
