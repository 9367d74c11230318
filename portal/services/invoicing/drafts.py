"""Drafts: what is going to be invoiced. They have no number, so discarding one leaves no gap."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select

from portal.core import audit, clock, field_rules, money
from portal.core.audit import Actor
from portal.core.errors import Conflict, InvalidInput
from portal.core.i18n import gettext as _
from portal.core.transaction import once_more, transaction
from portal.extensions import db
from portal.models import (
    Account,
    Asset,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    Order,
    OrderLine,
    TaxCategory,
    TaxCode,
    User,
)
from portal.models.text_keys import fold
from portal.providers.einvoice.totals import vat_of
from portal.services import credit
from portal.services.invoicing import (
    billable,
    draft_locks,
)
from portal.services.invoicing.billable import Found
from portal.services.invoicing.documents import contents

LONGEST_PO, LONGEST_RATE, LONGEST_REASON = 60, 120, 500
Codes = Mapping[str, TaxCode]
Group = tuple[str, bool]
"""A currency, and whether it is outside the scope of VAT."""


class CategorySum(NamedTuple):
    """Of the lines with one tax category and rate; None if nobody has decided."""

    category: TaxCategory | None
    rate: int
    """In basis points."""
    net: int
    vat: int


def make_of_order(order_id: int, *, by: Actor) -> list[Invoice]:
    """What is delivered of an order, and on no invoice yet: usually one draft, none if there is nothing. At the same
    time, each line gets on one draft only."""
    return once_more(lambda: _make_of_order(order_id, by))


def _make_of_order(order_id: int, by: Actor) -> list[Invoice]:
    with transaction():
        credit.lock_payers(db.session.scalars(select(Order.billed_account_id).where(Order.id == order_id)).all())
        found = billable.of_order(order_id)
        cause = f"order {order_id} {uuid.uuid4()}"  # what was left out, or credited as a whole, is invoiced later
        return make(found, cause=cause, order_id=order_id, by=by) if found else []


def make_of_lines(account_id: int, line_ids: list[int], *, key: str, by: User) -> list[Invoice]:
    """Of the billed account's lines with these ids. Raises Conflict if none of them can be invoiced now."""

    def once() -> list[Invoice]:
        with transaction():
            credit.lock_payers([account_id])
            found = billable.of_account(account_id, line_ids)
            if not found:
                raise Conflict(_("These lines are on an invoice already, or were cancelled in the meantime."))
            return make(found, cause=key, by=by)

    return once_more(once)


def make(
    found: Found, *, cause: str, by: Actor, order_id: int | None = None, at: datetime | None = None,
    codes: Codes | None = None,
) -> list[Invoice]:  # fmt: skip
    """Inside a transaction that holds the payer: drafts of these lines, which it pays. Lines outside the scope of VAT
    get one of their own. The same `cause` makes the same keys, so that it makes its drafts once. IntegrityError:
    somebody else has billed one of the lines, so look again."""
    payer = db.session.get_one(Account, found[0][0].order.billed_account_id)
    codes = tax_codes() if codes is None else codes
    return [
        _make(lines, payer, codes, key=_key(cause, *group), order_id=order_id, by=by, at=at or clock.now())
        for group, lines in grouped(found, payer, codes).items()
    ]  # fmt: skip


def grouped(found: Found, payer: Account, codes: Codes) -> dict[Group, Found]:
    """What gets on one invoice: the lines of each currency, those outside the scope of VAT apart."""
    groups: dict[Group, list[tuple[OrderLine, Asset]]] = {}
    for line, asset in found:
        code = codes.get(fold(code_of(line, payer, codes) or ""))
        is_outside = code is not None and code.category is TaxCategory.OUTSIDE
        groups.setdefault((line.currency, is_outside), []).append((line, asset))
    return groups


def tax_codes() -> dict[str, TaxCode]:
    """By their key. One statement."""
    return {code.code_key: code for code in db.session.scalars(select(TaxCode))}


def _key(*cause: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(map(str, cause))))


def key_of(code: str | None) -> str:
    """What a tax code is found by."""
    return fold(code or "")


def code_of(line: OrderLine, payer: Account, codes: Codes) -> str | None:
    """Each line keeps the tax code of its order. If the account had none then, or a text that is no code, today's
    counts."""
    if line.tax_code and fold(line.tax_code) in codes:
        return line.tax_code
    return payer.tax_code.code if payer.tax_code is not None else None


def _make(
    found: Found, payer: Account, codes: Codes, *, key: str, order_id: int | None, by: Actor, at: datetime
) -> Invoice:
    row = build(found, payer, codes, key=key, order_id=order_id, by=by, at=at)
    db.session.add(row)
    db.session.flush()
    audit.record("invoice", row.id, "draft", by=by, at=at, field="gross", after=f"{row.gross} {row.currency}")
    return row


def build(
    found: Found, payer: Account, codes: Codes, *, key: str = "", order_id: int | None = None, by: Actor,
    at: datetime | None = None,
) -> Invoice:  # fmt: skip
    """A draft with its sums, in no session yet: a preview shows it and forgets it."""
    orders = {line.order_id: line.order for line, _asset in found}
    one = next(iter(orders.values())) if len(orders) == 1 else None
    po_numbers = {order.po_number for order in orders.values()}
    row = Invoice(
        key=key,
        kind=InvoiceKind.INVOICE,
        billed_account=payer,
        order_id=order_id if order_id is not None else one and one.id,
        buyer_name=payer.print_name or payer.name,
        language=payer.language,
        currency=found[0][0].currency,
        po_number=po_numbers.pop() if len(po_numbers) == 1 else "",
        made_by_id=by.id if isinstance(by, User) else None,
        made_at=at or clock.now(),
        lines=[_line(place, line, asset, payer, codes) for place, (line, asset) in enumerate(found, 1)],
    )
    sum_up(row, codes)
    return row


def _line(place: int, line: OrderLine, asset: Asset, payer: Account, codes: Codes) -> InvoiceLine:
    return InvoiceLine(
        position=place,
        order_line=line,
        asset=asset,
        quantity=line.quantity,
        unit_price=line.unit_price,
        product_code=line.product_code,
        product_name=line.product_name,
        recipient="" if line.account_id == payer.id else line.account.name,
        delivered_on=contents.delivered_on(asset),
        tax_code=code_of(line, payer, codes),
    )


def sums_of(row: Invoice, codes: Codes) -> list[CategorySum]:
    """By the tax codes of today, as Sources finds them, in the order of the lines: VAT half up for each category and
    rate."""
    nets: dict[tuple[TaxCategory | None, int], int] = {}
    for line in row.lines:
        code = codes.get(fold(line.tax_code or "")) or row.billed_account.tax_code
        tax = (code.category, code.rate) if code is not None else (None, 0)
        nets[tax] = nets.get(tax, 0) + line.net
    return [CategorySum(*tax, net, vat_of(net, Decimal(tax[1]) / 100)) for tax, net in nets.items()]


def sum_up(row: Invoice, codes: Codes) -> None:
    """The sums of its lines by the tax codes of today: VAT half up for each category and rate."""
    sums, before = sums_of(row, codes), row.vat
    row.net, row.vat = sum(each.net for each in sums), sum(each.vat for each in sums)
    row.gross = row.net + row.vat
    if row.vat != before:  # the VAT in the other currency was worked out from the old one
        row.home_currency, row.home_vat, row.exchange_rate = None, None, ""
    row.lines_count, row.licences = len(row.lines), sum(line.quantity for line in row.lines)
    days = [line.delivered_on for line in row.lines if line.delivered_on]
    row.period_from, row.period_until = min(days, default=None), max(days, default=None)


def leave_out(invoice: Invoice, line_id: int, *, version: int, by: User) -> Invoice | None:
    """The line is free for another invoice. The last one discards the draft: then it returns None. Raises Conflict,
    StaleVersion."""
    with transaction():
        row = draft_locks.lock_draft(invoice, version)
        line = _line_of(row, line_id)
        if len(row.lines) == 1:
            _discard(row, by)
            return None
        asset = db.session.get(Asset, line.asset_id)
        row.lines.remove(line)
        db.session.flush()
        row.number_lines()
        sum_up(row, tax_codes())
        row.version += 1
        audit.record("invoice", row.id, "leave out", by=by, before=asset and asset.number)
    return row


def set_price(invoice: Invoice, line_id: int, unit_price: int, *, reason: str, version: int, by: User) -> Invoice:
    """Corrects the price of one licence; the order keeps its own. Raises Conflict, StaleVersion, InvalidInput for
    `unit_price` or `reason`."""
    reason = _reason(reason)
    if unit_price <= 0:
        raise InvalidInput("unit_price", _("Enter a price above zero. To invoice nothing, leave the line out."))
    with transaction():
        row = draft_locks.lock_draft(invoice, version)
        line = _line_of(row, line_id)
        if unit_price * line.quantity > money.MOST:
            raise InvalidInput("unit_price", _("That is more than can be kept."))
        before = line.unit_price
        if unit_price != before:
            line.unit_price = unit_price
            sum_up(row, tax_codes())
            row.version += 1
            said = {"before": f"{before} {row.currency}", "after": f"{unit_price} {row.currency}", "why": reason}
            audit.record("invoice", row.id, "price", by=by, field=f"price, line {line.position}", **said)
    return row


def bill_undelivered(invoice: Invoice, line_id: int, *, reason: str, version: int, by: User) -> Invoice:
    """A line whose coupon was revoked in the meantime is invoiced nevertheless. Raises Conflict, StaleVersion,
    InvalidInput for `reason`."""
    reason = _reason(reason)
    with transaction():
        row = draft_locks.lock_draft(invoice, version)
        line = _line_of(row, line_id)
        if reason != line.undelivered_reason:
            line.undelivered_reason = reason
            row.version += 1
            field = f"not delivered, line {line.position}"
            audit.record("invoice", row.id, "edit", by=by, field=field, after=reason)
    return row


def _reason(text: str) -> str:
    reason = field_rules.long_text(text, "reason", LONGEST_REASON)
    if not reason:
        raise InvalidInput("reason", _("Say why. It is recorded with your name."))
    return reason


def _line_of(row: Invoice, line_id: int) -> InvoiceLine:
    line = next((each for each in row.lines if each.id == line_id), None)
    if line is None:
        raise Conflict(_("This line is not on the draft any more."))
    return line


def save(
    invoice: Invoice, *, po_number: str, exchange: Mapping[str, object] | None = None, version: int, by: User
) -> Invoice:
    """`exchange`: home_currency, home_vat in its minor units, and exchange_rate in words. Raises StaleVersion,
    InvalidInput."""
    po_number = field_rules.kept_text(po_number, "po_number", LONGEST_PO)
    values = {"po_number": po_number} | dict(exchange or {})
    if len(str(values.get("exchange_rate") or "")) > LONGEST_RATE:
        raise InvalidInput("exchange_rate", _("Use at most %(most)s characters.", most=LONGEST_RATE))
    with transaction():
        row = draft_locks.lock_draft(invoice, version)
        row.version += bool(audit.changes("invoice", row, values, act="edit", by=by))
    return row


def discard(invoice: Invoice, *, version: int, by: Actor) -> None:
    """Its lines are free for another invoice. Raises Conflict, StaleVersion."""
    with transaction():
        _discard(draft_locks.lock_draft(invoice, version), by)


def _discard(row: Invoice, by: Actor) -> None:
    audit.record("invoice", row.id, "discard", by=by, before=f"{row.gross} {row.currency}")
    db.session.delete(row)
