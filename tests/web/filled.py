"""What a well-filled form of each route sends."""

import uuid
from datetime import date

from portal.models import Account, Asset, Invoice, Payment, Product, User
from tests import bills, invoice_runs, mails, reminded


def data_for(endpoint: str, values: dict, world) -> dict:
    """What a well-filled form of this endpoint would send."""
    if endpoint.endswith(".remove_reminded"):
        return {"recipient": reminded.added_beside(world, values)}
    for name, make in _OF_ROWS.items():
        if name in values:
            return make(endpoint, values[name], world)
    make = {
        "auth.handover.open": lambda world: {"pin": "123456"},
        "bss.mail_choices.save": lambda world: {"choice": "never"},
        "bss.mail_choices.save_contact": lambda world: {"choice": "at-once"},
        "bss.bittitan.fault": lambda world: {"fault": "refuse"},
        "bss.assets.find": _code,
        "bss.orders.new": _order,
        "bss.orders.new_draft": _draft,
        "bss.orders.several": lambda world: {"act": "cancel", "seen": "1-1", "reason": "They asked for it"},
        "bss.invoices.several": lambda world: {"act": "issue", "seen": "1-1"},
        "bss.products.new": lambda world: _product(None) | {"code": f"P-{uuid.uuid4().hex[:8]}"},
        "bss.company.edit": lambda world: {"act": "save", "version": "1", "legal_name": "Meridian Distribution A.E."},
        "bss.tax_codes.new": lambda world: _tax_code() | {"code": f"AE-{uuid.uuid4().hex[:8]}"},
        "bss.price_lists.new": lambda world: _price_list(),
        "storefront.prices.new": lambda world: _price_list(),
        "bss.price_lists.why": _question,
        "storefront.prices.why": _question,
        "bss.payments.new": lambda world: {"account": world.partner.code},
        "bss.bank_lists.index": lambda world: {"act": "check", "text": "Date,Amount\n2026-11-20,5"},
        "bss.product_imports.index": lambda world: {"act": "check", "text": "Code,EUR\nBT-MAILBOX,12.20"},
        "storefront.basket.add": lambda world: {
            "product": world.mailbox.id,
            "quantity": "5",
            "key": str(uuid.uuid4()),
        },
        "bss.link": _links,
        "storefront.approvals.decide": lambda world: {"act": "approve", "pick": f"{world.waiting_order().id}-1"},
        "storefront.approvals.change_rule": _rule,
        "bss.retries.new": _picked,
        "bss.invoice_runs.new": lambda world: {"period": "2026-11", "key": str(uuid.uuid4())},
        "bss.reconciliation.start": lambda world: {"scope": "everything"},
        "bss.invoice_runs.plan": lambda world: {"version": "1", "day": ""},
        "bss.bulk.new": _picked,
        "accounts.new": _account,
        "bss.bittitan.release": lambda world: {"reason": "Everything was compared"},
    }.get(endpoint)
    return make(world) if make else {}


_OF_ROWS = {
    "asset_id": lambda endpoint, row_id, world: _of_asset(endpoint.split(".")[-1], world.find(Asset, row_id)),
    "order_id": lambda endpoint, *_: _of_order(endpoint.split(".")[-1]),
    "invoice_id": lambda endpoint, row_id, world: _of_any_invoice(endpoint, world.find(Invoice, row_id), world),
    "import_id": lambda *_: {"skip_faulty": "1"},
    "retry_id": lambda *_: {"version": "2"},  # so many could be sent
    "operation_id": lambda *_: {"act": "start", "version": "2", "reason": "Ordered twice"},
    "asset_request_id": lambda *_: {
        "act": "press",
        "version": "1",
        "words": "We try again.",
        "because": "not needed",
    },
    "line_id": lambda *_: {"version": "1", "reason": "A gift"},
    "finding_id": lambda *_: {
        "act": "set-aside",
        "asks": "set-aside",
        "version": "1",
        "why": "Training",
        "q": "athens",
    },
    "upload_id": lambda endpoint, *_: _of_upload(endpoint.split(".")[-1]),
    "run_id": lambda endpoint, row_id, world: {} if "reconciliation" in endpoint else _of_run(row_id, world),
    "user_id": lambda endpoint, row_id, world: _of_person(endpoint.split(".")[-1], world.find(User, row_id)),
    "list_id": lambda endpoint, *_: _of_price_list(*endpoint.split(".")[::2]),
    "account_id": lambda endpoint, row_id, world: _of_account(endpoint, world.find(Account, row_id)),
    "product_id": lambda _endpoint, row_id, world: _product(world.find(Product, row_id)),
    "tax_code_id": lambda *_: _tax_code() | {"code": f"AE-{uuid.uuid4().hex[:8]}"},
    "coupon_id": lambda *_: {"reason": "Ordered twice"},
    "stop_id": lambda *_: {"reason": "They asked for it"},
    "message_id": lambda *_: {"act": "press", "version": "1", "is_sure": "y", "reason": "Carl says so"},
    "event": lambda _endpoint, _event, world: {
        "act": "save",
        "version": str(mails.text(world).number),
        "subject": "Your code is here",
        "text": "Here it is:\n\n{{ code }}",
        "is_sure": "y",
    },
    "payment_id": lambda endpoint, row_id, world: _of_money(endpoint, world, world.find(Payment, row_id)),
}
"""By an argument of the route; the first that it has counts."""


def _of_run(run_id: int, world) -> dict:
    return {"act": "start", "version": "1", "item": invoice_runs.first_item(world, run_id), "taken": "0"}


def _of_upload(act: str) -> dict:
    columns = ("code", "id", "reference", "product", "quantity", "organisation", "issued", "expires", "status")
    mapping = dict.fromkeys(columns, "none") | {"code": "0", "letters": "", "separator": "", "dates": ""}
    return {"version": "1"} | (mapping if act == "read_upload" else {"scope": "everything", "is_whole": "no"})


def _of_asset(act: str, asset: Asset | None) -> dict:
    """An id that is not there gets the same fields."""
    version = {"version": asset.version if asset else 1}
    return {
        "edit": version | {"name": "Mailboxes for Carl", "note": "", "expire_days": "365", "validity_days": "365"},
        "attach": version | {"code": "NOBODY-KNOWS-IT-1", "reason": "Bought by telephone"},
        "replace": version | {"code": "NOBODY-KNOWS-IT-1", "reason": "Typed wrongly"},
        "withdraw": version | {"reason": "Typed wrongly"},
        "attest": version | {"reason": "BitTitan says so"},
        "cancel": version | {"reason": "Ordered by mistake"},
        "ask": version | {"words": ""},
        "add_reminded": {"address": "out@elsewhere.example", "name": "Out"},
        "handovers": {"act": "make", "days": "7", "note": "Carl", "key": str(uuid.uuid4())},
    }.get(act, version)


def _of_order(act: str) -> dict:
    return {"version": 1} | {
        "execute": {"act": "execute", "invoice_timing": "next-run"},
        "end": {"act": "end", "end": "cancel", "reason": "They asked for it"},
        "invoice": {"act": "invoice"},
        "time_invoice": {"act": "save", "invoice_timing": "never", "invoice_reason": "Goodwill"},
        "annotate": {"staff_note": "Call them first"},
        "retry": {"act": "retry"},
        "edit": _sheet() | {"key": str(uuid.uuid4())},
        "discard": {"act": "discard"},
        "cancel": {"act": "cancel", "reason": "Ordered twice"},
        "decide": {"act": "approve"},
        "again": {"act": "add", "key": str(uuid.uuid4())},
    }.get(act, {})


def _of_money(endpoint: str, world, row: Payment | Invoice | None) -> dict:
    act = endpoint.split(".")[-1]
    today = str(date.today())  # money is not paid back before it came
    data = {"act": act, "version": "1", "key": str(uuid.uuid4()), "paid_on": today, "amount": "1.00"}
    if act == "assign" and row is not None:
        account_id = row.account_id if isinstance(row, Payment) else row.billed_account_id
        data["invoice"] = str(bills.invoice(world, world.find(Account, account_id), currency=row.currency).id)
    return data | {"reason": "Typed wrongly"}


def _of_any_invoice(endpoint: str, row: Invoice | None, world) -> dict:
    _area, part, act = endpoint.split(".")
    return _of_money(endpoint, world, row) if part == "invoice_payments" else _of_invoice(act)


def _of_invoice(act: str) -> dict:
    """The seller is not complete, so nothing is issued."""
    return {"version": 1} | {
        "issue": {"act": "issue"},
        "give_rate": {"act": "save", "rate": "0.94", "source": "ECB, 30 November 2026"},
        "discard": {"act": "discard"},
        "print_without": {"act": "print"},
        "set_price": {"act": "price", "unit_price": "7.50", "reason": "As agreed"},
        "leave_out": {"act": "leave-out"},
        "bill_undelivered": {"act": "bill", "reason": "As agreed"},
        "credit": {"act": "preview", "key": str(uuid.uuid4()), "cause": "price", "reason": "As agreed"},
    }.get(act, {})


def _rule(world) -> dict:
    version = world.find(Account, world.partner.id).version
    return {"act": "save", "version": version, "rule": "above", "amount": "80.00"}


def _of_person(act: str, person: User | None) -> dict:
    version = {"version": person.version if person else 1}
    return version | {"name": "Somebody Else", "email": f"{uuid.uuid4()}@example.example", "role": "viewer"}


def _of_account(endpoint: str, account: Account | None) -> dict:
    if endpoint == "accounts.users.new":
        return _of_person("new", None)
    if endpoint == "accounts.merge":
        return {"account": "HARBOUR"}
    if endpoint == "accounts.merge_into":
        versions = {"version": account.version if account else 1, "kept_version": 1}
        return versions | {"act": "merge", "why": "Entered twice", "is_same": "y"}
    if endpoint == "bss.leaving_packs.index":
        return {"act": "order", "reason": "They leave", "key": str(uuid.uuid4())}
    if endpoint in _OF_REMINDERS:
        return _OF_REMINDERS[endpoint]
    email = account.bittitan_email if account else "bittitan@nowhere.example"
    typed = {"version": account.version if account else 1, "bittitan_email": email}
    return typed | ({"name": "Renamed", "currency": "EUR", "language": "en"} if endpoint == "accounts.edit" else {})


_OF_REMINDERS = {
    "accounts.save_reminders": {"version": "1", "is_on": "off", "due": "30, 7", "ends": "0"},
    "accounts.add_reminded": {"address": "out@elsewhere.example", "name": "Out"},
}


def _account(world) -> dict:
    return {
        "kind": "customer",
        "parent": world.distributor.id,
        "name": f"Newcomer {uuid.uuid4().hex[:8]}",
        "code": f"NEW-{uuid.uuid4().hex[:8]}",
        "currency": "EUR",
        "language": "en",
    }


def _product(product: Product | None) -> dict:
    days = {"expire_days": "365", "validity_days": "365", "min_quantity": "1"}
    what = {"name": "Mailboxes", "kind": "MailboxLicense", "amount_EUR": "12.20"}
    return (
        days
        | what
        | {"act": "save", "version": product.version if product else 1, "code": product.code if product else "BT-1"}
    )


def _tax_code() -> dict:
    what = {"name": "Reverse charge", "category": "AE", "reason_en": "Reverse charge"}
    return what | {"act": "save", "version": "1"}


def _of_price_list(area: str, act: str) -> dict:
    if act == "imports":
        return {"act": "check", "text": "Code,Price\nBT-MAILBOX,9"}
    pressed = {"act": act} if act in ("assign", "end") else {}
    return _price_list() | {"account": "BRIGHT" if area == "storefront" else "NORTH"} | pressed


def _price_list() -> dict:
    days = {"valid_from": "2026-12-01", "last_day": "2099-12-31"}
    return days | {"act": "save", "version": "1", "name": "Prices", "currency": "EUR"}


def _question(world) -> dict:
    return {"account": "BRIGHT", "product": world.mailbox.id, "quantity": "5", "day": "2026-12-01"}


def _code(world) -> dict:
    return {"code": world.code_of(world.asset("synchronized"))}


def _picked(world) -> dict:
    return {"what": "picked", "pick": world.asset().id}


def _links(world) -> dict:
    account = world.find(Account, world.customer.id)
    typed = {f"version-{account.id}": account.version, f"email-{account.id}": account.bittitan_email}
    return typed | {"account": account.id}


def _sheet() -> dict:
    decided = {"act": "draft", "invoice_timing": "next-run"}
    return decided | {"product_1": "BT-MAILBOX", "quantity_1": "5", "name_1": "Five more"}


def _draft(world) -> dict:
    return _sheet() | {"key": str(uuid.uuid4()), "account": world.customer.code}


def _order(world) -> dict:
    return {
        "key": str(uuid.uuid4()),
        "account": world.customer.id,
        "product": world.mailbox.id,
        "quantity": "5",
        "name": "Five more",
    }
