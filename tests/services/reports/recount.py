"""A full recount, written apart from the portal's: every row is read and added up here."""

from collections import Counter, defaultdict
from datetime import date

from sqlalchemy import select

from portal.extensions import db
from portal.models import Asset, Coupon, Figure, FigureUnit, Invoice, InvoiceLine, OrderLine
from portal.models.figure import SUMS

Sums = dict[tuple, dict[str, int]]


def counted() -> Sums:
    """By unit, first day, product, billed account and currency."""
    by_day: dict[tuple, Counter] = defaultdict(Counter)
    coupons = {row.asset_id: row for row in db.session.scalars(select(Coupon)) if row.standing.value == "recorded"}
    for asset in db.session.scalars(select(Asset)):
        key = (asset.purchased_on, asset.product_id, asset.billed_account_id, asset.currency or "")
        _add_asset(by_day[key], asset, coupons.get(asset.id))
    order_lines = {row.id: row for row in db.session.scalars(select(OrderLine))}
    invoices = {row.id: row for row in db.session.scalars(select(Invoice)) if row.number}
    for line in db.session.scalars(select(InvoiceLine)):
        if line.invoice_id in invoices:
            invoice, of_order = invoices[line.invoice_id], order_lines[line.order_line_id]
            key = (invoice.issued_on, of_order.product_id, invoice.billed_account_id, invoice.currency)
            _add_line(by_day[key], invoice, line, of_order)
    return _with_months(by_day)


def _add_asset(sums: Counter, asset: Asset, coupon: Coupon | None) -> None:
    names = ["ordered"]
    if asset.lifecycle.value == "cancelled":
        names.append("cancelled")
    elif asset.sync_status.value == "failed":
        names.append("failed")
    elif asset.sync_status.value == "synchronized":
        names.append("delivered")
        if coupon and coupon.redeemed_at is None and coupon.status not in ("Redeemed", "Revoked"):
            names.append("unredeemed")
    for name in names:
        sums[f"{name}_assets"] += 1
        sums[f"{name}_licences"] += asset.quantity
        sums[f"{name}_amount"] += asset.quantity * (asset.unit_price or 0)
    if coupon and asset.imported_at is None:
        sums["timed_assets"] += 1
        sums["seconds"] += int(coupon.recorded_at.timestamp() // 1) - int(asset.created_at.timestamp() // 1)


def _add_line(sums: Counter, invoice: Invoice, line: InvoiceLine, of_order: OrderLine) -> None:
    name, sign = ("credited", -1) if invoice.is_credit_note else ("invoiced", 1)
    sums[f"{name}_lines"] += 1
    sums[f"{name}_licences"] += line.quantity
    sums[f"{name}_amount"] += line.quantity * line.unit_price
    if of_order.cost is not None and of_order.currency == invoice.currency:
        sums["cost"] += sign * line.quantity * of_order.cost
        sums["costed_amount"] += sign * line.quantity * line.unit_price


def _with_months(by_day: dict[tuple, Counter]) -> Sums:
    found: dict[tuple, Counter] = defaultdict(Counter)
    for (day, *rest), sums in by_day.items():
        for unit, first in ((FigureUnit.DAY, day), (FigureUnit.MONTH, date(day.year, day.month, 1))):
            for name, value in sums.items():
                found[unit, first, *rest][name] += value
    return {key: {name: value for name, value in sums.items() if value} for key, sums in found.items()}


def kept() -> Sums:
    rows = db.session.scalars(select(Figure).execution_options(populate_existing=True))
    return {
        (row.unit, row.starts_on, row.product_id, row.billed_account_id, row.currency): {
            name: getattr(row, name) for name in SUMS if getattr(row, name)
        }
        for row in rows
    }
