"""Rows to ask a route about: a person's own, somebody else's, and one that does not exist."""

from flask import Flask
from werkzeug.routing import Rule

from portal.models import Asset, FindingKind, Hold, OrderState
from tests import asked, asset_requests, bills, bulk, files, handovers, invoice_runs, mails, reconciliations
from tests.build import World

ABSENT = 2**31 - 1
STAFF = ("dana", "dora", "elena", "vera")
PARTNERS = ("paula", "pavel", "penny")
CUSTOMERS = ("carl", "cora", "cleo")
STATUS = {
    "bss.assets.reveal": "synchronized",
    "bss.assets.hide": "synchronized",
    "bss.assets.check_status": "synchronized",
    "bss.assets.confirm_state": "synchronized",
    "storefront.assets.reveal": "synchronized",
    "storefront.assets.hide": "synchronized",
    "bss.assets.handovers": "synchronized",
    "bss.assets.revoke_handover": "synchronized",
    "storefront.assets.handovers": "synchronized",
    "storefront.assets.revoke_handover": "synchronized",
    "bss.assets.attest": "review",
    "bss.assets.review": "review",
    "bss.orders.show": "submitted",
    "bss.orders.execute": "submitted",
    "bss.orders.end": "submitted",
    "bss.orders.edit": "draft",
    "bss.orders.discard": "draft",
    "bss.invoices.show": "issued",
    "bss.invoices.download": "issued",
    "bss.invoices.credit": "issued",
    "bss.invoice_payments.record": "issued",
    "storefront.invoices.show": "issued",
    "storefront.invoices.download": "issued",
    "bss.invoices.print_without": "issued",
    "storefront.orders.show": "awaiting",
    "storefront.orders.cancel": "awaiting",
    "storefront.orders.decide": "awaiting",
    "bss.retries.stop": "running",
    "bss.bulk.stop": "running",
    "bss.retries.again": "done",
    "bss.invoice_payments.assign": "credit",
    "bss.invoice_payments.refund": "credit",
    "bss.invoice_runs.stop": "running",
    "bss.invoice_runs.again": "done",
    "bss.reconciliation.show": "compared",
    "bss.reconciliation.search": "compared",
    "bss.reconciliation.export": "compared",
    "bss.reconciliation.apply": "compared",
    "bss.reconciliation.receipts": "compared",
    "bss.reconciliation.stop": "listing",
    "bss.reconciliation.go_on": "incomplete",
}
"""What the asset, retry or order must be for the act to make sense; elsewhere it is failed (prepared, executed)."""
ORDERS = {
    "submitted": {"state": OrderState.SUBMITTED, "hold": Hold.STAFF, "executed_at": None},
    "draft": {"state": OrderState.DRAFT, "executed_at": None},
    "awaiting": {"state": OrderState.AWAITING_APPROVAL},
}
"""Executed, unless its status is here."""
WORDS = {
    "cause": "AccountNotLinked", "filename": "css/base.css", "token": "no-such-token", "act": "cancel",
    "document": "pdf", "event": "welcome", "language": "en",
}  # fmt: skip


class Rows:
    def __init__(self, world: World):
        self.world = world
        self._asset_id = 0
        self.sibling = world.account(parent=world.partner, name="Sibling Customer")

    def own_account(self, nick: str):
        """An account that this person sees: fresh, unless it has to be a customer's own."""
        if nick in CUSTOMERS:
            return self.world.customer
        return self.world.account(parent=self.world.partner, name="Spare Customer")

    def foreign_accounts(self, nick: str) -> list:
        world = self.world
        others = [world.rival_customer, world.rival, world.distributor, world.direct_customer]
        return [self.sibling, world.partner, *others] if nick in CUSTOMERS else others

    def values(self, rule: Rule, account, status: str | None = None) -> dict:
        """Fresh rows below this account for each argument of the route."""
        status = status or STATUS.get(rule.endpoint, "failed")
        seller = self.world.partner if rule.endpoint.startswith("storefront") else self.world.distributor
        if rule.endpoint == "storefront.approvals.index":
            self.world.waiting_order(account)
        if rule.endpoint == "bss.reconciliation.index":
            reconciliations.full_run(self.world)  # none is under way, so one can be started
        values = {}
        for name in sorted(rule.arguments):
            values[name] = self._value(name, account, status, seller)
            if name == "asset_id" and "link_id" in rule.arguments:
                self._asset_id = values[name]
        return values

    def fits(self, rule: Rule, account) -> bool:
        """The distributor buys nothing for itself."""
        of_buyers = {"asset_id", "line_id", "order_id", "invoice_id"}
        return not of_buyers & rule.arguments or account.id != self.world.distributor.id

    def absent(self, rule: Rule) -> dict:
        return {name: self._nothing(name) for name in sorted(rule.arguments)}

    def _order(self, account, status: str) -> int:
        """With one line, unless it is a draft."""
        if status == "draft":
            return self.world.order(account, **ORDERS[status]).id
        if status in ORDERS:
            return self.world.waiting_order(account, **ORDERS[status]).id
        return self.world.asset("synchronized", account=account).order_id

    def _invoice(self, account, status: str) -> int:
        """A draft, unless it has to be issued, or a credit note of which nothing is set off."""
        if status == "credit":
            return bills.for_status(self.world, bills.payer(self.world, account), status).id
        make = self.world.invoice if status == "issued" else self.world.draft
        return make(bills.payer(self.world, account)).id

    def _link(self, account, seller) -> int:
        """To hand over the asset of the same address, made by somebody whose links its readers see."""
        is_own = seller.id == self.world.partner.id == account.branch_id
        own = self.world.carl if account.id == self.world.customer.id else self.world.paula
        asset = self.world.find(Asset, self._asset_id)
        return handovers.made(self.world, asset, by=own if is_own else self.world.dana).link.id

    def _line(self, account) -> int:
        """A delivered line that is on no invoice."""
        return invoice_runs.line_of(self.world, self.world.asset("synchronized", account=account))

    def _finding_id(self) -> int:
        run = reconciliations.full_run(self.world)
        return reconciliations.finding_of(self.world, run.id, FindingKind.DIFFERS).id

    def _run(self, status: str):
        if status in ("compared", "listing", "incomplete"):
            return reconciliations.full_run(self.world, "done" if status == "compared" else status)
        return invoice_runs.invoice_run(self.world, "prepared" if status == "failed" else status)

    def _value(self, name: str, account, status: str, seller):
        world = self.world
        make = {
            "asset_id": lambda: world.asset(status, account=account).id,
            "link_id": lambda: self._link(account, seller),
            "pack_id": lambda: handovers.pack(world, world.partner).id,
            "account_id": lambda: account.id,
            "invoice_id": lambda: self._invoice(account, status),
            "place": lambda: 1,
            "kept_id": lambda: world.account(parent=world.partner).id,
            "user_id": lambda: world.user(account).id,
            "order_id": lambda: self._order(account, status),
            "list_id": lambda: world.price_list(seller).id,
            "product_id": lambda: world.product().id,
            "tax_code_id": lambda: world.tax_code().id,
            "import_id": lambda: files.accounts_with_a_fault(world).id,
            "retry_id": lambda: world.retry("prepared" if status == "failed" else status).id,
            "operation_id": lambda: bulk.operation(world, "prepared" if status == "failed" else status).id,
            "line_id": lambda: self._line(account),
            "run_id": lambda: self._run(status).id,
            "upload_id": lambda: reconciliations.upload(world).id,
            "finding_id": self._finding_id,
            "coupon_id": lambda: world.surplus(world.asset("synchronized", account=account)).id,
            "alert_id": lambda: world.alert().id,
            "number": lambda: mails.text(world).number,
            "stop_id": lambda: mails.stopped(world).id,
            "message_id": lambda: mails.mail(world).id,
            "payment_id": lambda: bills.payment(world, bills.payer(world, account)).id,
            "asset_request_id": lambda: asset_requests.request(world).id,
            "request_id": lambda: asked.check(world, world.dora),
        }
        assert name in make or name in WORDS, f"tests/web/rows.py does not know what `{name}` stands for: add it"
        return make[name]() if name in make else WORDS[name]

    @staticmethod
    def _nothing(name: str):
        if name == "document":  # its kinds are no secret
            return WORDS[name]
        return "no-such-thing" if name in WORDS else ABSENT


def rules(app: Flask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint.endswith("sign_out"), rule.endpoint))


def routes(app: Flask):
    """Method and rule of everything that can be asked; signing out last."""
    for rule in rules(app):
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, rule


def address(app: Flask, rule: Rule, values: dict) -> str:
    return app.url_map.bind("localhost").build(rule.endpoint, values)
