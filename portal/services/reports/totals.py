"""Sums of one currency, and what follows from them."""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

_TENTH = Decimal("0.1")


class Totals(Counter):
    """By the names of `Figure`'s sums; what was not counted is 0."""

    @property
    def net(self) -> int:
        return self["invoiced_amount"] - self["credited_amount"]

    @property
    def margin(self) -> int | None:
        """Invoiced less credited, less its cost. None if no cost is known."""
        return self["costed_amount"] - self["cost"] if self["costed_amount"] else None

    @property
    def is_margin_of_all(self) -> bool:
        """Whether the cost of everything that was invoiced is known."""
        return self["costed_amount"] == self.net

    @property
    def margin_share(self) -> Decimal | None:
        """Of the price, in percent."""
        return None if self.margin is None else share(self.margin, self["costed_amount"])

    @property
    def failure_rate(self) -> Decimal | None:
        """Of the assets that were bought, in percent."""
        return share(self["failed_assets"], self["ordered_assets"])

    @property
    def credited_share(self) -> Decimal | None:
        return share(self["credited_amount"], self["invoiced_amount"])

    @property
    def seconds_to_coupon(self) -> int | None:
        """On average, from the purchase."""
        return self["seconds"] // self["timed_assets"] if self["timed_assets"] else None


def share(part: int, whole: int) -> Decimal | None:
    """In percent, to one decimal. None of nothing."""
    return (Decimal(part) * 100 / whole).quantize(_TENTH, ROUND_HALF_UP) if whole > 0 else None


def change(now: int, before: int) -> Decimal | None:
    """In percent of what was before."""
    return share(now - before, before)
