"""Figures: what was bought and invoiced, from sums that are kept."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from portal.models import Account, Product
from portal.services.reports import queries
from portal.services.reports.periods import Period
from portal.services.reports.queries import Line, Scope
from portal.services.reports.totals import Totals

COMPARED = ("ordered_licences", "ordered_amount", "invoiced_amount")


@dataclass(frozen=True)
class Report:
    scope: Scope
    period: Period
    against: Period | None
    """What it is compared with."""
    lines: list[Line]
    """By product, billed account and currency."""
    currencies: dict[str, Totals]
    """Never added across currencies. The one with most assets and invoice lines comes first."""
    before: dict[str, Totals]
    """Of `against`, only what is compared."""
    products: dict[int, str] = field(default_factory=dict)
    accounts: dict[int, str] = field(default_factory=dict)

    def accounts_in(self, currency: str) -> int:
        return len({line.account_id for line in self.lines if line.currency == currency})

    def lines_in(self, currency: str) -> list[Line]:
        return [line for line in self.lines if line.currency == currency]


def report(scope: Scope, period: Period, against: Period | None = None) -> Report:
    lines = queries.lines(scope, period)
    return Report(
        scope,
        period,
        against,
        lines,
        _by_currency(lines),
        queries.by_currency(scope, against, COMPARED) if against else {},
        queries.names(Product, {line.product_id for line in lines}),
        queries.names(Account, {line.account_id for line in lines}) if scope.is_for_staff else {},
    )


def _by_currency(lines: Iterable[Line]) -> dict[str, Totals]:
    found: dict[str, Totals] = {}
    for line in lines:
        found.setdefault(line.currency, Totals()).update(line.totals)

    def order(item: tuple[str, Totals]) -> tuple:
        currency, totals = item
        return not currency, -totals["ordered_assets"] - totals["invoiced_lines"], currency

    return dict(sorted(found.items(), key=order))
