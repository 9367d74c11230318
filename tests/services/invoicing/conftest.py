"""A distributor that may issue invoices: the seller is complete, and its accounts have tax codes."""

import uuid
from collections.abc import Callable

import pytest
from flask import Flask

from portal.core import billing_access
from portal.extensions import db
from portal.models import Account, Asset, CreditCause, Invoice, User
from portal.services import company
from portal.services.invoicing import credit_notes, drafts, issuing
from portal.services.tax import tax_codes
from tests.build import World
from tests.services.company.test_company import WHOLE
from tests.services.invoicing.desk import Desk

CODES = {
    "S24": ("S", 2400, {}),
    "S19": ("S", 1900, {}),
    "Z0": ("Z", 0, {}),
    "AE": ("AE", 0, {"en": "Reverse charge", "de": "Steuerschuldnerschaft des Leistungsempfängers"}),
    "E0": ("E", 0, {"en": "Exempt"}),
    "O0": ("O", 0, {"en": "Outside the scope of VAT"}),
}


class Billing:
    """What people do with invoices, each act in a context of its own."""

    def __init__(self, app: Flask, world: World):
        self.app, self.world = app, world

    def prepare(self) -> None:
        world = self.world
        with self.app.app_context():
            details = WHOLE | {"vat_id": "EL094014201", "payment_days": 30}
            company.save(version=1, details=details, terms={"en": "Net"}, by=db.session.get(User, world.dora.id))
            for code, (category, rate, reasons) in CODES.items():
                reason_code = "VATEX-EU-AE" if category == "AE" else None
                values = {"code": code, "name": code, "category": category, "rate": rate, "reasons": reasons}
                tax_codes.create(details=values | {"reason_code": reason_code}, by=db.session.get(User, world.dora.id))
        for account in (world.partner, world.rival, world.direct_customer):
            self.tax(account, "S24")

    def tax(self, account: Account, code: str, **columns) -> None:
        with self.app.app_context(), self.world.transaction():
            row = db.session.get(Account, account.id)
            row.tax_code_id = tax_codes.by_code(code).id
            for name, value in ({"country": row.country or "GR"} | columns).items():
                setattr(row, name, value)

    def delivered(self, quantity: int = 25, account: Account | None = None, **columns) -> Asset:
        account = account or self.world.customer
        return self.world.asset("synchronized", account=account, quantity=quantity, **columns)

    def draft(self, *assets: Asset) -> list[Invoice]:
        """Of these assets, or of a new one."""
        assets = assets or (self.delivered(),)

        def act() -> list[Invoice]:
            payer = db.session.get(Asset, assets[0].id).billed_account_id
            rows = [drafts.billable.of_order(db.session.get(Asset, each.id).order_id) for each in assets]
            ids = [line.id for found in rows for line, _asset in found]
            return drafts.make_of_lines(payer, ids, key=str(uuid.uuid4()), by=self.dana)

        return self.do(act)

    def issue(self, draft: Invoice, **more) -> Invoice:
        def act() -> Invoice:
            row = billing_access.visible_invoice(self.dana, draft.id)
            issuing.issue(row, version=more.pop("version", draft.version), by=self.dana, **more)
            return billing_access.visible_invoice(self.dana, draft.id)

        return self.do(act)

    def issued(self, *assets: Asset) -> Invoice:
        return self.issue(self.draft(*assets)[0])

    def credit(self, invoice: Invoice, *quantities: int, cause=CreditCause.PRICE, key: str | None = None) -> Invoice:
        """So many licences of its lines, in their order; all that is left unless told."""

        def act() -> Invoice:
            row = billing_access.visible_invoice(self.dana, invoice.id)
            ids = [line.id for line in row.lines]
            chosen = dict(zip(ids, quantities, strict=True)) if quantities else credit_notes.all_that_is_left(row)
            more = {"key": key or str(uuid.uuid4()), "cause": cause, "reason": "Agreed."}
            return credit_notes.credit(row, chosen, by=self.dana, **more)

        return self.do(act)

    def read(self, invoice: Invoice) -> Invoice:
        return self.do(lambda: billing_access.visible_invoice(self.dana, invoice.id))

    def do(self, act: Callable):
        with self.app.app_context():
            return act()

    @property
    def dana(self) -> User:
        """In the context of the act."""
        return db.session.get(User, self.world.dana.id)


@pytest.fixture
def billing(app, world) -> Billing:
    made = Billing(app, world)
    made.prepare()
    return made


@pytest.fixture
def desk(app, world) -> Desk:
    return Desk(app, world)
