"""The two lists of billing exceptions, a page at a time, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Row

from portal.bss.invoice_runs.run_wording import invoice_href
from portal.core import money
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Asset, CreditCause, Invoice, InvoiceLine, InvoiceTiming, Lifecycle
from portal.services import credit_drafts
from portal.services.invoicing.checks import listing
from portal.services.invoicing.checks.delivered_not_billed import Found, Why
from portal.web.filters import day
from portal.web.urls import url_for

WHYS = {
    Why.CREDITED: lazy("Invoiced with %(number)s, and credited as a whole"),
    Why.ON_A_DRAFT: lazy("On a draft that was not issued"),
    Why.NO_TAX_CODE: lazy("Nobody has decided the tax code of the account"),
    Why.NO_RUN: lazy("Executed without an invoice or a reason"),
}
HEADS = (
    lazy("List"), lazy("Asset"), lazy("Name"), lazy("Why"), lazy("Account"), lazy("Billed to"),
    lazy("Order or invoice"), lazy("Licences"), lazy("Net"), lazy("Currency"),
)  # fmt: skip


class Cursor(NamedTuple):
    """The rows after which the pages begin."""

    billed: int | None
    delivered: int | None


@dataclass(frozen=True)
class ExceptionPage:
    billed: listing.Page
    delivered: listing.Page
    explained: list[Found]
    counts: listing.Exceptions
    credit_drafts: dict[int, int]
    """By line: the draft that credits it."""

    @classmethod
    def of(cls, cursor: Cursor) -> "ExceptionPage":
        billed, delivered = listing.billed(cursor.billed), listing.delivered(cursor.delivered)
        drafts = credit_drafts.drafts_of([line.id for line, _asset, _invoice in billed.rows])
        return cls(billed, delivered, listing.explained(delivered.rows), listing.counts(), drafts)


def why_billed(asset: Asset) -> str:
    if asset.lifecycle is Lifecycle.CANCELLED:
        return _("Cancelled after the issue")
    return _("Needs review") if asset.sync_status.value == "review" else _("Failed")


def why_delivered(found: Found) -> str:
    if found.why is Why.LEFT_OUT:
        return _("Left out of the last run: %(reason)s", reason=found.detail)
    if found.why is Why.CREDITED:
        return str(WHYS[found.why]) % {"number": found.invoice.number}
    return str(WHYS[found.why])


def why_never(row: Row) -> str:
    line, _asset, order = row
    is_of_order = order.invoice_timing is InvoiceTiming.NEVER
    return (line.non_billable_reason or (order.invoice_reason if is_of_order else "")) or _("No reason on record")


def address(**query: object) -> str:
    return url_for("bss.billing_exceptions.index", **query)


def credit_href(line: InvoiceLine, asset: Asset, invoice: Invoice) -> str | None:
    """The form of a credit note with this line alone: the others are delivered."""
    href = invoice_href(invoice)
    is_cancelled = asset.lifecycle is Lifecycle.CANCELLED
    cause = CreditCause.CANCELLED if is_cancelled else CreditCause.NOT_DELIVERED
    return href and f"{href}?line={line.position}&cause={cause.value}#credit"


def csv_rows() -> Iterator[list[object]]:
    """Both lists, with their reasons."""
    for line, asset, invoice in listing.every_billed():
        net = money.major_units(line.unit_price * line.left, invoice.currency)
        yield [
            _("Billed, not delivered"), asset.number, asset.name, why_billed(asset), invoice.billed_account.code,
            invoice.billed_account.name, invoice.number, line.left, net, invoice.currency,
        ]  # fmt: skip
    for found in listing.every_delivered():
        payer = found.order.billed_account
        yield [
            _("Delivered, not billed"), found.asset.number, found.asset.name, why_delivered(found), payer.code,
            payer.name, found.order.number, found.line.quantity,
            money.major_units(found.line.total, found.line.currency), found.line.currency,
        ]  # fmt: skip


def delivered_day(found: Found) -> str:
    on = listing.delivered_on(found.asset)
    return day(on) if on else "–"
