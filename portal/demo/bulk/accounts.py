"""The additional partners and customers of a large demo. Customers of one payer have consecutive ids, so that they need
not be kept in memory.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from portal.demo import calendar, names
from portal.demo.account_tree import AccountTree
from portal.demo.bulk.account_names import COUNTRIES, WORDS, Words
from portal.demo.database_writer import DatabaseWriter
from portal.demo.table_writer import plain_value
from portal.models import Account, AccountKind, Role, User
from portal.models.text_keys import collation_key, fold, search_key
from portal.sandbox.storage.shapes import organization_id

LARGEST = 0.15
"""The largest partner's share of all assets; the others follow Zipf’s law."""
DIRECT = 0.10
"""The share of customers directly under the distributor."""
ASSETS_PER_CUSTOMER = 25
_FROM_THE_START = 0.3
"""The share of a partner’s customers that existed at the beginning; the others came evenly since then."""
_CURRENCIES = names.CURRENCIES | {"PL": "PLN", "JP": "JPY", "AE": "AED", "US": "USD"}
_BATCH = 5000


@dataclass
class Branch:
    """A payer and its customers: a partner with its customers, or all customers that pay for themselves."""

    partner_id: int | None
    weight: float
    country: str
    currency: str
    buyers: list[tuple[int, str]] = field(default_factory=list)
    """Id and name of the users who order; if empty, the distributor’s staff order."""
    organization_ids: list[str] = field(default_factory=list)
    """Only the partner’s, or one for each customer that pays for itself."""
    first_id: int = 0
    size: int = 0

    @property
    def language(self) -> str:
        return names.LANGUAGES.get(self.country, "en")

    def since(self, number: int) -> float:
        """Returns when the customer came, as a share of the demo's years."""
        return max(0.0, (number / self.size - _FROM_THE_START) / (1 - _FROM_THE_START))

    def size_at(self, share: float) -> int:
        return min(self.size, int(self.size * (_FROM_THE_START + (1 - _FROM_THE_START) * share)) + 1)


def zipf(count: int) -> list[float]:
    """Returns shares that add up to 1 - DIRECT; the first is LARGEST."""
    wanted, low, high = (1 - DIRECT) / LARGEST, 0.0, 4.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(rank**-middle for rank in range(1, count + 1)) > wanted else (low, middle)
    return [LARGEST * rank**-low for rank in range(1, count + 1)]


def partners_for(assets: int) -> int:
    return len(names.PARTNERS) + int(0.6 * assets**0.5)


class BulkAccounts:
    def __init__(self, rng: Random, now: datetime, tree: AccountTree, writer: DatabaseWriter, password_hash: str):
        self._rng, self._now, self._tree, self._hash = rng, now, tree, password_hash
        self._accounts, self._users = writer.table(Account), writer.table(User)
        self._named: Counter[tuple[int, AccountKind]] = Counter()

    def create(self, assets: int) -> list[Branch]:
        """Writes the accounts. Returns the branches, for which purchases can be made."""
        known = [partner for partner in self._tree.partners if partner.is_synchronized]
        weights = zipf(partners_for(assets))
        branches = [self._known_partner(partner, weight) for partner, weight in zip(known, weights, strict=False)]
        branches += [self._new_partner(rank, weights[rank]) for rank in range(len(known), len(weights))]
        branches.append(Branch(None, DIRECT, "GR", "EUR"))
        for branch in branches:
            self._add_customers(branch, max(1, round(assets * branch.weight / ASSETS_PER_CUSTOMER)))
        return branches

    def _known_partner(self, partner: Account, weight: float) -> Branch:
        buyers = [(user.id, user.name) for user in self._tree.users[partner.id] if user.role is not Role.VIEWER]
        return Branch(partner.id, weight, partner.country, partner.currency, buyers, [partner.organization_id])

    def _new_partner(self, rank: int, weight: float) -> Branch:
        country, number = COUNTRIES[rank % len(COUNTRIES)], rank + 2  # PART-012 is known, but does not buy
        words = _words(country)
        partner_id, user_id = self._accounts.new_id(), self._users.new_id()
        name = words.partner(self._next_number(country, AccountKind.PARTNER))
        since = self._ago(self._rng.randint(1150, 1800))
        branch = Branch(partner_id, weight, country, _CURRENCIES.get(country, "EUR"))
        branch.buyers.append((user_id, words.person(number)))
        organization = self._add_account(
            partner_id, AccountKind.PARTNER, f"PART-{number:03}", name, country, branch, since,
            email=f"bittitan@partner{number}.example",
        )  # fmt: skip
        branch.organization_ids.append(organization)
        admin, person = f"admin@partner{number}.example", branch.buyers[0][1]
        self._users.add(
            {"id": user_id, "account_id": partner_id, "email": admin, "email_key": admin,
             "name": person, "name_key": search_key(person), "name_sort": collation_key(person),
             "role": Role.ADMIN, "password_hash": self._hash, "created_at": since, "version": 1}
        )  # fmt: skip
        return branch

    def _add_customers(self, branch: Branch, size: int) -> None:
        """Adds customers; every fifth is in another country than its partner."""
        ids = self._accounts.new_ids(size)
        branch.first_id, branch.size = ids.start, size
        for number, id_ in enumerate(ids):
            country = COUNTRIES[id_ % len(COUNTRIES)] if number % 5 == 0 or not branch.partner_id else branch.country
            name = _words(country).customer(self._next_number(country, AccountKind.CUSTOMER))
            since = self._ago(calendar.YEARS * 365 * (1 - branch.since(number)) + 2)
            organization = self._add_account(
                id_, AccountKind.CUSTOMER, f"CUST-{10_000 + id_}", name, country, branch, since,
                email=f"it@company{id_}.example",
            )  # fmt: skip
            if branch.partner_id is None:
                branch.organization_ids.append(organization)
            if len(self._accounts.rows) >= _BATCH:
                self._accounts.write()

    def _add_account(
        self, id_: int, kind: AccountKind, code: str, name: str, country: str, branch: Branch, since: str, *, email: str
    ) -> str:
        """Returns the id of the organization; BitTitan knows all of them."""
        organization, root = organization_id(email), self._tree.distributor.id
        places = names.PLACES.get(country, names.NO_PLACES)
        domain = email.partition("@")[2]
        row = {
            "id": id_, "kind": kind, "code": code, "code_key": fold(code), "name": name, "name_key": search_key(name),
            "name_sort": collation_key(name),
            "parent_id": root if kind is AccountKind.PARTNER else branch.partner_id or root,
            "branch_id": branch.partner_id or id_, "bittitan_email": email, "organization_id": organization,
            "organization_name": name, "synchronized_at": since, "contact_email": f"office@{domain}",
            "billing_email": f"billing@{domain}", "country": country, "currency": branch.currency,
            **names.address_in(places[id_ % len(places)], id_ % 96 + 2),
            "language": names.LANGUAGES.get(country, "en"), "created_at": since, "version": 1,
        }  # fmt: skip
        self._accounts.add(row)
        return organization

    def _next_number(self, country: str, kind: AccountKind) -> int:
        key = id(_words(country)), kind
        self._named[key] += 1
        return self._named[key] - 1

    def _ago(self, days: float) -> str:
        return plain_value(self._now - timedelta(days=days))


def _words(country: str) -> Words:
    """Not every language has words of its own: Portuguese customers, for example, have Spanish names."""
    return WORDS.get(names.LANGUAGES.get(country, "en"), WORDS["es"])
