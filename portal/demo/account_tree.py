"""The demo's distributor, its partners, their customers and all their users."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from portal.demo import names
from portal.demo.people import customer_people, distributor_people, partner_people
from portal.extensions import db
from portal.models import Account, AccountKind, User
from portal.sandbox.storage.shapes import organization_id


@dataclass
class AccountTree:
    distributor: Account
    partners: list[Account] = field(default_factory=list)
    customers: dict[int, list[Account]] = field(default_factory=dict)
    """By the id of their parent account."""
    users: dict[int, list[User]] = field(default_factory=dict)
    """By the id of their account."""

    def named(self, name: str) -> Account:
        everybody = (account for below in self.customers.values() for account in [*self.partners, *below])
        return next(account for account in everybody if account.name == name)

    def payer_of(self, account: Account) -> Account:
        """Returns the partner for its customers, else the account itself."""
        above = next((partner for partner in self.partners if partner.id == account.parent_id), None)
        return above or account

    def buyers_for(self, account: Account) -> list[User]:
        """Returns who may order for the account besides the distributor's staff."""
        return self.users.get(self.payer_of(account).id, [])


class AccountTreeBuilder:
    def __init__(self, rng: Random, now: datetime, password_hash: str):
        self._rng, self._now, self._hash = rng, now, password_hash
        self._number = 1000

    def build(self) -> AccountTree:
        root = self._save(self._distributor())
        tree = AccountTree(root)
        self._employ(tree, root, distributor_people())
        for partner in names.PARTNERS:
            self._partner(tree, partner)
        for name in names.customers_under(names.DISTRIBUTOR):
            self._customer(tree, root, name, branch=None)
        return tree

    def _distributor(self) -> Account:
        email = "ops@meridian.example"
        return Account(
            code=names.DISTRIBUTOR, name="Meridian Distribution", kind=AccountKind.DISTRIBUTOR, bittitan_email=email,
            organization_id=organization_id(email), organization_name="Meridian Distribution",
            synchronized_at=self._ago(1900), contact_email="hello@meridian.example",
            billing_email="billing@meridian.example",
            address="Ακτή Μιαούλη 85", postcode="185 38", city="Πειραιάς", country="GR",
            vat_number="EL094014201", tax_text="ΔΟΥ Πειραιά",
            currency="EUR", language="en", created_at=self._ago(1900),
        )  # fmt: skip

    def _partner(self, tree: AccountTree, entry: names.PartnerName) -> None:
        since = self._ago(21 if not entry.weight else self._rng.randint(1150, 1800))
        account = Account(
            code=entry.code, name=entry.name, kind=AccountKind.PARTNER, parent_id=tree.distributor.id,
            bittitan_email=f"bittitan@partner{entry.number}.example",
            billing_email=f"billing@partner{entry.number}.example", contact_email=f"cloud@{entry.domain}",
            country=entry.country, currency=entry.currency, vat_number=entry.vat_number,
            **self._address(entry.country), language=names.LANGUAGES.get(entry.country, "en"),
            credit_limit=self._rng.choice((25_000_00, 50_000_00, 100_000_00)), created_at=since,
        )  # fmt: skip
        if entry.weight:
            self._link(account, since)
        self._save(account)
        account.branch_id = account.id
        tree.partners.append(account)
        self._employ(tree, account, partner_people(entry))
        for name in names.customers_under(entry.code):
            self._customer(tree, account, name, branch=account)

    def _customer(
        self, tree: AccountTree, parent: Account, entry: names.CustomerName, *, branch: Account | None
    ) -> None:
        self._number += 1
        since = max(parent.created_at + timedelta(days=3), self._ago(self._rng.randint(60, 1500)))
        domain = f"customer{self._number}.example"
        account = Account(
            code=f"CUST-{self._number}", name=entry.name, kind=AccountKind.CUSTOMER, parent_id=parent.id,
            bittitan_email=f"it@{domain}", contact_email=f"office@{domain}", billing_email=f"accounts@{domain}",
            country=entry.country, **self._address(entry.country), vat_number=self._vat_number(entry.country),
            currency=branch.currency if branch else names.CURRENCIES.get(entry.country, "EUR"),
            language=names.LANGUAGES.get(entry.country, "en"), created_at=since,
        )  # fmt: skip
        self._oddities(account, is_direct=branch is None)
        self._save(account)
        account.branch_id = branch.id if branch else account.id
        tree.customers.setdefault(parent.id, []).append(account)
        self._employ(tree, account, customer_people(account, domain))

    def _oddities(self, account: Account, *, is_direct: bool) -> None:
        """Makes some customers special. Customers of partners can buy without a BitTitan link; direct ones cannot."""
        if account.name == names.UNLINKED[0]:
            account.bittitan_email = None
        elif account.name == names.UNLINKED[1]:
            account.bittitan_email = f"unknown-{account.bittitan_email}"
        elif account.name == names.DISABLED:
            account.created_at, account.disabled_at = self._ago(1300), self._ago(160)
            self._link(account, account.created_at)
        elif is_direct or self._rng.random() < 0.6:
            self._link(account, account.created_at)

    def _link(self, account: Account, at: datetime) -> None:
        account.organization_id = organization_id(account.bittitan_email)
        account.organization_name = account.name
        account.synchronized_at = at + timedelta(hours=self._rng.randint(1, 50), seconds=self._rng.randint(0, 3599))

    def _employ(self, tree: AccountTree, account: Account, people: list[User]) -> None:
        for user in people:
            user.account_id, user.password_hash = account.id, self._hash
            user.created_at = account.created_at + timedelta(minutes=self._rng.randint(5, 15_000))
            if self._rng.random() < 0.85 and not account.is_disabled:
                user.signed_in_at = max(user.created_at, self._ago(self._rng.expovariate(1 / 20)))
            user.account = account
        db.session.add_all(people)
        db.session.flush()
        tree.users[account.id] = people

    def _address(self, country: str) -> dict[str, str | None]:
        places = names.PLACES.get(country)
        return names.address_in(self._rng.choice(places), self._rng.randint(2, 98)) if places else {}

    def _vat_number(self, country: str) -> str | None:
        if country not in names.VAT_NUMBERS or self._rng.random() < 0.12:
            return None
        return re.sub("#", lambda _: str(self._rng.randint(0, 9)), names.VAT_NUMBERS[country])

    def _ago(self, days: float) -> datetime:
        return self._now - timedelta(days=days)

    @staticmethod
    def _save(account: Account) -> Account:
        db.session.add(account)
        db.session.flush()
        return account
