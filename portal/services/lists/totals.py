"""Numbers of assets and licences, and their amounts of money. Grouped by the database, added up here."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Row, func

from portal.models import Asset


@dataclass
class Sum:
    count: int = 0
    licences: int = 0
    unpriced: int = 0
    """Assets without a recorded price (imported ones, for example)."""
    money: dict[str, int] = field(default_factory=dict)
    """In minor units, by currency."""
    since: datetime | None = None
    """Of the asset that has waited longest."""

    def add(self, row: Row) -> None:
        """`row` has the values of `columns`, and may have `since`."""
        self.count += row.count
        self.licences += int(row.licences or 0)
        self.unpriced += row.unpriced
        if row.currency and row.amount is not None:
            self.money[row.currency] = self.money.get(row.currency, 0) + int(row.amount)
        since = getattr(row, "since", None)
        if since is not None:
            self.since = min(self.since or since, since)


def columns(of=Asset) -> tuple[ColumnElement, ...]:
    """For a statement that is also grouped by currency. `of` has the columns of an asset."""
    return (
        of.currency.label("currency"),
        func.count().label("count"),
        func.sum(of.quantity).label("licences"),
        (func.count() - func.count(of.unit_price)).label("unpriced"),
        func.sum(of.quantity * of.unit_price).label("amount"),
    )
