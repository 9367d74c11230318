"""Invoices of the world, as rows: drafts, issued invoices with their documents, credit notes, payments.

They are as the services would have made them: sums add up, an allocation stands for all that is settled. Each line
bills the order line of an asset, at 19 %.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select

from portal.core import clock
from portal.extensions import db
from portal.models import (
    Account,
    Allocation,
    Asset,
    CreditCause,
    DocumentKind,
    Invoice,
    InvoiceDocument,
    InvoiceKind,
    InvoiceLine,
    InvoiceTax,
    OrderLine,
    Payment,
    TaxCategory,
)
from portal.providers.einvoice.document import Address, Bank, Category, Contact, Document, Kind, Line, Party, Tax
from tests.saved import now, saved

RATE = 1900
IBAN = "DE02120300000000202051"
SELLER = Party("Meridian Distribution A.E.", Address("GR", ("Odos Ermou 1",), "10563", "Athens"),
               contact=Contact("Accounts", "", "billing@meridian.example"))  # fmt: skip


class InvoiceBuilder:
    def draft(
        self, account: Account | None = None, *, assets: Sequence[Asset] | None = None, **columns
    ) -> Invoice:  # fmt: skip
        """For what the account's `assets` cost; of one asset with 25 licences unless told otherwise."""
        account = account or self.partner
        assets = assets if assets is not None else [self.asset("synchronized", account=account)]
        with self.transaction():
            return self._invoice(account, assets, **columns)

    def invoice(
        self, account: Account | None = None, *, assets: Sequence[Asset] | None = None,
        documents: Sequence[str] = ("pdf", "factur-x"), **columns,
    ) -> Invoice:  # fmt: skip
        """Issued: today, and due in 14 days, unless told otherwise. `documents`: the kinds that are stored."""
        account = account or self.partner
        assets = assets if assets is not None else [self.asset("synchronized", account=account)]
        with self.transaction():
            issued_on = columns.pop("issued_on", None) or clock.today()
            due_on = columns.pop("due_on", issued_on + timedelta(days=14))
            row = self._invoice(account, assets, issued_on=issued_on, due_on=due_on, **columns)
            for kind in documents:
                self._document(row, DocumentKind(kind))
            return row

    def overdue_invoice(self, days: int = 15, **columns) -> Invoice:
        """For the partner; due so many days ago."""
        with self.transaction():
            due_on = clock.today() - timedelta(days=days)
        return self.invoice(issued_on=due_on - timedelta(days=14), due_on=due_on, **columns)

    def credit_note(
        self,
        invoice: Invoice,
        licences: dict[int, int] | None = None,
        *,
        documents: Sequence[str] = ("pdf",),
        **columns,
    ) -> Invoice:
        """`licences` by the id of the invoice's line; otherwise all that is left. It settles what is open of the
        invoice."""
        with self.transaction():
            lines = list(db.session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id)))
            taken = {line: (licences or {}).get(line.id, 0 if licences else line.left) for line in lines}
            taken = {line: number for line, number in taken.items() if number}
            row = self._credit_note(self._again(invoice), taken, **columns)
            for kind in documents:
                self._document(row, DocumentKind(kind))
            return row

    def payment(self, account: Account, amount: int, *, invoice: Invoice | None = None, **columns) -> Payment:
        """Allocated to the invoice, as far as that is open."""
        with self.transaction():
            given = {
                "key": f"payment-{next(self._numbers)}", "currency": account.currency, "paid_on": clock.today(),
                "recorded_by_id": self.dana.id, "recorded_at": now(),
            } | columns  # fmt: skip
            payment = saved(Payment(account_id=account.id, amount=amount, **given))
            if invoice is not None:
                row = self._again(invoice)
                payment.allocated = min(amount, row.open)
                self._settle(row, payment.allocated, payment_id=payment.id)
            return payment

    def _invoice(self, account: Account, assets: Sequence[Asset], **columns) -> Invoice:
        """A draft unless it has a day of issue. The day alone makes it an issued one, here."""
        sums = self._sums([(asset.quantity, asset.unit_price) for asset in assets])
        issued = self._issued(columns.get("issued_on"), "INV") if columns.get("issued_on") else {}
        given = {
            "key": f"invoice-{next(self._numbers)}", "kind": InvoiceKind.INVOICE, "billed_account_id": account.id,
            "buyer_name": account.name, "language": "en", "currency": account.currency, "po_number": "PO 4533-A",
            "lines_count": len(assets), "licences": sum(asset.quantity for asset in assets), "reason": "",
            "exchange_rate": "", "period_from": clock.today(), "period_until": clock.today(), "made_at": now(),
            "made_by_id": self.dana.id,
        } | sums | issued | columns  # fmt: skip
        lines = [self._line(position, asset, bool(issued)) for position, asset in enumerate(assets, 1)]
        given.setdefault("content", self._content(given, lines) if issued else None)
        return self._saved(given, lines)

    def _credit_note(self, invoice: Invoice, taken: dict[InvoiceLine, int], **columns) -> Invoice:
        day = columns.pop("issued_on", None) or clock.today()
        given = {
            "key": f"credit-note-{next(self._numbers)}", "kind": InvoiceKind.CREDIT_NOTE, "corrects_id": invoice.id,
            "cause": CreditCause.CANCELLED, "reason": "Cancelled in time", "issued_on": day, "due_on": day,
            "lines_count": len(taken), "licences": sum(taken.values()), "made_at": now(), "made_by_id": self.dana.id,
            "exchange_rate": "",
        } | self._sums([(number, line.unit_price) for line, number in taken.items()])  # fmt: skip
        same = ("billed_account_id", "buyer_name", "language", "currency", "po_number", "period_from", "period_until")
        given |= {name: getattr(invoice, name) for name in same} | self._issued(day, "CN") | columns
        lines = [self._taken(position, *each) for position, each in enumerate(taken.items(), 1)]
        given.setdefault("content", invoice.content)
        row = self._saved(given, lines)
        for line, number in taken.items():
            line.credited += number
        amount = min(row.gross, invoice.open)
        if amount:
            self._settle(invoice, amount, credit_note_id=row.id)
            row.settled, row.paid_at = amount, now() if amount == row.gross else None
        return row

    def _saved(self, given: dict, lines: list[InvoiceLine]) -> Invoice:
        """The number comes last, as at each issue: nothing is added to what has one."""
        number, issued_on = given.pop("number", None), given.pop("issued_on", None)
        row = saved(Invoice(**given, lines=lines))
        if number:
            self._tax(row)
            row.number, row.issued_on = number, issued_on
            db.session.flush()
        return row

    def _settle(self, invoice: Invoice, amount: int, **source) -> None:
        saved(Allocation(invoice_id=invoice.id, amount=amount, made_at=now(), made_by_id=self.dana.id, **source))
        invoice.settled += amount
        invoice.paid_at = now() if invoice.settled == invoice.gross else None
        db.session.flush()

    def _issued(self, day: date, series: str) -> dict:
        number = f"{series}-{day.year}-{next(self._numbers):06}"
        return {"number": number, "issued_by_id": self.dana.id, "issued_at": now()}

    def _line(self, position: int, asset: Asset, is_issued: bool) -> InvoiceLine:
        order_line_id = db.session.scalar(select(OrderLine.id).where(OrderLine.asset_id == asset.id))
        return InvoiceLine(
            position=position, order_line_id=order_line_id, asset_id=asset.id, quantity=asset.quantity,
            unit_price=asset.unit_price, product_code="BT-MAILBOX", product_name=asset.name,
            recipient=db.session.get(Account, asset.account_id).name, delivered_on=clock.today(), undelivered_reason="",
            description=f"AS-{asset.id} · ORD-{asset.order_id}", tax_code="STANDARD", category=TaxCategory.STANDARD,
            rate=RATE, is_issued=is_issued,
        )  # fmt: skip

    @staticmethod
    def _taken(position: int, line: InvoiceLine, licences: int) -> InvoiceLine:
        same = (
            "order_line_id", "asset_id", "unit_price", "product_code", "product_name", "recipient", "description",
            "delivered_on", "tax_code", "category", "rate",
        )  # fmt: skip
        columns = {name: getattr(line, name) for name in same}
        return InvoiceLine(position=position, credits_line_id=line.id, quantity=licences, is_issued=True, **columns)

    @staticmethod
    def _tax(row: Invoice) -> None:
        saved(InvoiceTax(invoice_id=row.id, category=TaxCategory.STANDARD, rate=RATE, net=row.net, vat=row.vat))

    @staticmethod
    def _document(row: Invoice, kind: DocumentKind) -> InvoiceDocument:
        content = (
            f"%PDF {row.number}".encode() if kind is DocumentKind.PDF else f"<Invoice>{row.number}</Invoice>".encode()
        )
        sha256 = hashlib.sha256(content).hexdigest()
        columns = {"content": content, "size": len(content), "sha256": sha256, "made_at": now()}
        return saved(InvoiceDocument(invoice_id=row.id, kind=kind, **columns))

    @staticmethod
    def _sums(lines: Sequence[tuple[int, int]]) -> dict[str, int]:
        net = sum(quantity * price for quantity, price in lines)
        vat = (net * RATE + 5000) // 10_000
        return {"net": net, "vat": vat, "gross": net + vat}

    @staticmethod
    def _content(given: dict, lines: Sequence[InvoiceLine]) -> str:
        """As services/invoicing/stored_content.py writes it."""
        tax = Tax(Category.STANDARD, Decimal(RATE) / 100)
        document = Document(
            kind=Kind.INVOICE, number=given["number"], issued_on=given["issued_on"], currency=given["currency"],
            seller=SELLER, buyer=Party(given["buyer_name"], Address("DE")), due_on=given["due_on"],
            lines=tuple(Line(line.product_name, line.quantity, line.unit_price, tax) for line in lines),
            bank=Bank(IBAN, "BYLADEM1001"),
        )  # fmt: skip
        return json.dumps(asdict(document), default=str, ensure_ascii=False)
