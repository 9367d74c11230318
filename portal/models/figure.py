"""Sums for reports, kept by day and by month; written by services/reports/keeping.py alone."""

import enum
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.types import UTCDateTime, word

NO_CURRENCY = ""
"""Of assets without a price."""


class FigureUnit(enum.Enum):
    DAY = "day"
    MONTH = "month"


def _sum() -> Mapped[int]:
    return mapped_column(BigInteger, default=0)


class Figure(db.Model):
    """What was bought and invoiced on a day or in a month, of one product, for one billed account, in one currency.

    Assets count on the day of their purchase, by their state of now; invoices and credit notes on the day of their
    issue. Amounts are in minor units, without VAT. A month is the sum of its days.
    """

    __tablename__ = "figures"
    __table_args__ = (Index("ix_figures_billed_account_id", "billed_account_id", "unit", "starts_on"),)

    unit: Mapped[FigureUnit] = mapped_column(word(FigureUnit), primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True, autoincrement=False)
    billed_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)

    ordered_assets: Mapped[int] = _sum()
    ordered_licences: Mapped[int] = _sum()
    ordered_amount: Mapped[int] = _sum()
    delivered_assets: Mapped[int] = _sum()
    """Synchronized and not cancelled."""
    delivered_licences: Mapped[int] = _sum()
    delivered_amount: Mapped[int] = _sum()
    failed_assets: Mapped[int] = _sum()
    failed_licences: Mapped[int] = _sum()
    failed_amount: Mapped[int] = _sum()
    cancelled_assets: Mapped[int] = _sum()
    cancelled_licences: Mapped[int] = _sum()
    cancelled_amount: Mapped[int] = _sum()
    unredeemed_assets: Mapped[int] = _sum()
    """Delivered; as far as is known, nobody has redeemed the code."""
    unredeemed_licences: Mapped[int] = _sum()
    unredeemed_amount: Mapped[int] = _sum()
    timed_assets: Mapped[int] = _sum()
    """With a recorded coupon; without imported ones."""
    seconds: Mapped[int] = _sum()
    """From the purchase to the recorded coupon, of all of these together."""
    invoiced_lines: Mapped[int] = _sum()
    invoiced_licences: Mapped[int] = _sum()
    invoiced_amount: Mapped[int] = _sum()
    credited_lines: Mapped[int] = _sum()
    credited_licences: Mapped[int] = _sum()
    credited_amount: Mapped[int] = _sum()
    cost: Mapped[int] = _sum()
    """Of what was invoiced, less what was credited, as far as it is known. Only staff may see it."""
    costed_amount: Mapped[int] = _sum()
    """Invoiced less credited, of the lines whose cost is known."""


KEY = ("unit", "starts_on", "product_id", "billed_account_id", "currency")
SUMS = tuple(column.name for column in Figure.__table__.columns if column.name not in KEY)


class FigureChange(db.Model):
    """Something that counts on this day has changed. Triggers (migration 0036) add rows, without any unique key, so no
    purchase waits for another; the worker deletes those whose day it has counted."""

    __tablename__ = "figure_changes"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    day: Mapped[date]


class FigureState(db.Model):
    """One row, about all sums."""

    __tablename__ = "figure_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    """Grows with each change of the sums: who has counted while somebody else wrote them counts again."""
    counted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """All that was committed before is in the sums. None until they were first counted."""
    recount_asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    recount_began_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    recounted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the last full recount ended."""
