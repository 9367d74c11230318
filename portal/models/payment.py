"""Payments of billed accounts, and what they settle. Amounts are positive minor units."""

import enum
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.account import Account
from portal.models.invoice import Invoice
from portal.models.types import UTCDateTime, word
from portal.models.user import User

IS_UNASSIGNED = text("kind = 'payment' AND allocated < amount AND reversed_at IS NULL")
"""The exact text of the partial index; SQLite uses an index only for its text."""


class PaymentKind(enum.Enum):
    PAYMENT = "payment"
    """Received from the account."""
    REFUND = "refund"
    """Paid back to it."""


class PaymentSource(enum.Enum):
    HAND = "hand"
    BANK_LIST = "bank-list"


class Payment(db.Model):
    """Money received from an account, or paid back to it. Nothing changes but what it is allocated to; a mistake is
    reversed, and stays on record."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("allocated BETWEEN 0 AND amount", name="allocated_in_range"),
        Index("ix_payments_account_id", "account_id", "paid_on", "id"),
        Index("ix_payments_paid_on", "paid_on", "id"),
        Index(
            "ix_payments_unassigned",
            "account_id",
            "id",
            sqlite_where=IS_UNASSIGNED,
            postgresql_where=IS_UNASSIGNED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    """Made with the form, or from the line of a bank list, so that the same payment is recorded once."""
    kind: Mapped[PaymentKind] = mapped_column(word(PaymentKind), default=PaymentKind.PAYMENT)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    """The billed account."""
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int] = mapped_column(BigInteger)
    allocated: Mapped[int] = mapped_column(BigInteger, default=0)
    """How much of it is allocated; the rest is not assigned."""
    paid_on: Mapped[date]
    """By the bank."""
    reference: Mapped[str] = mapped_column(String(200), default="")
    """The bank's, or what the payer wrote."""
    source: Mapped[PaymentSource] = mapped_column(word(PaymentSource), default=PaymentSource.HAND)
    source_line: Mapped[int | None]
    """Of the bank list."""
    note: Mapped[str] = mapped_column(String(500), default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reversed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reversed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reversal_reason: Mapped[str] = mapped_column(String(500), default="")

    account: Mapped[Account] = relationship(lazy="raise")
    recorded_by: Mapped[User | None] = relationship(foreign_keys=recorded_by_id, lazy="raise")
    reversed_by: Mapped[User | None] = relationship(foreign_keys=reversed_by_id, lazy="raise")

    @property
    def unassigned(self) -> int:
        return 0 if self.reversed_at else self.amount - self.allocated


class Allocation(db.Model):
    """A part of a payment or credit note that settles an invoice, or that a refund has paid back.

    A negative amount takes an earlier allocation back. The database refuses UPDATE and DELETE.
    """

    __tablename__ = "allocations"
    __table_args__ = (
        CheckConstraint("(payment_id IS NULL) <> (credit_note_id IS NULL)", name="one_source"),
        CheckConstraint("(invoice_id IS NULL) <> (refund_id IS NULL)", name="one_target"),
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        Index("ix_allocations_invoice_id", "invoice_id", "id"),
        Index("ix_allocations_payment_id", "payment_id", "id"),
        Index("ix_allocations_credit_note_id", "credit_note_id", "id"),
        Index("ix_allocations_refund_id", "refund_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    credit_note_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    payment: Mapped[Payment | None] = relationship(foreign_keys=payment_id, lazy="raise")
    refund: Mapped[Payment | None] = relationship(foreign_keys=refund_id, lazy="raise")
    credit_note: Mapped[Invoice | None] = relationship(foreign_keys=credit_note_id, lazy="raise")
    invoice: Mapped[Invoice | None] = relationship(foreign_keys=invoice_id, lazy="raise")
    made_by: Mapped[User | None] = relationship(lazy="raise")
