"""The view model of a statement of account, and its file."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property, partial
from urllib.parse import urlencode

from flask import Response, render_template
from werkzeug.datastructures import MultiDict

from portal.core import clock
from portal.core.csv_safe import BYTE_ORDER_MARK, Cells, text_of
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.core.money import exact
from portal.display.lists.chips import Chip
from portal.display.lists.list_address import add_months
from portal.display.statements import aging_words
from portal.models import Account
from portal.services.invoicing import aging, statements
from portal.services.invoicing.aging import Age, Aging
from portal.services.invoicing.statements import Movement, What
from portal.web.pages.downloads import csv_answer

KINDS = {
    What.INVOICE: lazy("Invoice"),
    What.CREDIT_NOTE: lazy("Credit note"),
    What.PAYMENT: lazy("Payment"),
    What.REFUND: lazy("Refund"),
    What.REVERSAL: lazy("Reversal"),
}
MONTHS = 3
"""Before this one that a statement shows unless a person says another day."""
UrlOf = Callable[[int], str | None]


class StatementPage:
    """`invoice_url` and `payment_url` give the addresses that the person may open; None for none."""

    def __init__(self, account: Account, args: MultiDict, *, path: str, invoice_url: UrlOf, payment_url: UrlOf):
        self.account, self.path, self._args = account, path, args
        self._invoice_url, self._payment_url = invoice_url, payment_url
        self.notes: list[str] = []
        own = account.currency or "EUR"
        self.currencies = statements.currencies(account.id) or [own]
        asked = args.get("currency", "")
        usual = own if own in self.currencies else self.currencies[0]
        self.currency = asked if asked in self.currencies else usual
        self.first, self.last = self._days()
        is_file = args.get("format") == "csv"
        most = None if is_file else statements.MOST
        self.statement = statements.statement(account.id, self.currency, self.first, self.last, most)
        empty = Aging(self.currency, dict.fromkeys(Age, 0))
        self.aging = aging.of_account(account.id).get(self.currency, empty)

    @property
    def chips(self) -> list[Chip]:
        """One for each currency, if there are several."""
        if len(self.currencies) < 2:
            return []
        days = {"from": str(self.first), "to": str(self.last)}
        return [Chip(each, self._href(days | {"currency": each}), is_current=each == self.currency)
                for each in self.currencies]  # fmt: skip

    @property
    def export(self) -> str:
        query = {"from": str(self.first), "to": str(self.last), "currency": self.currency, "format": "csv"}
        return self._href(query)

    @property
    def ages(self) -> list[tuple[str, int]]:
        return [(text, self.aging.by_age[age]) for age, text in aging_words.ages()]

    @property
    def parts(self) -> list[aging_words.Part]:
        return aging_words.parts(self.aging)

    @property
    def described(self) -> str:
        return aging_words.described(self.aging)

    @property
    def closing_words(self) -> str:
        return aging_words.balance_words(self.statement.closing, self.currency)

    @property
    def waiting(self) -> int:
        return self.aging.waiting

    @cached_property
    def dated_later(self) -> int:
        """What is dated after today and after the last day: the ages count it, the balance does not yet."""
        known = partial(statements.balance, self.account.id, self.currency)
        return known() - known(max(self.last, clock.today()))

    def kind(self, movement: Movement) -> str:
        return str(KINDS[movement.what])

    def href(self, movement: Movement) -> str | None:
        is_document = movement.what in (What.INVOICE, What.CREDIT_NOTE)
        return (self._invoice_url if is_document else self._payment_url)(movement.row_id)

    def answer(self, template: str) -> str | Response:
        if self._args.get("format") == "csv":
            return csv_answer(self._lines(), f"statement-{self.account.code}-{self.last}.csv")
        return render_template(template, page=self, account=self.account)

    def _lines(self) -> Iterator[str]:
        heads = [_("Date"), _("Kind"), _("Document"), _("Reference"), _("Currency"), _("Amount"), _("Balance")]
        yield BYTE_ORDER_MARK + text_of([heads])
        yield text_of([self._line(self.first, _("Opening balance"), "", "", None, self.statement.opening)])
        yield text_of(
            self._line(each.day, self.kind(each), each.number or "", each.reference, each.amount, each.balance)
            for each in self.statement.movements
        )

    def _line(self, day: date, kind: str, number: str, reference: str, amount: int | None, balance: int) -> Cells:
        written = "" if amount is None else exact(amount, self.currency)
        return [str(day), kind, number, reference, self.currency, written, exact(balance, self.currency)]

    def _days(self) -> tuple[date, date]:
        today = clock.today()
        first = self._day("from", add_months(today.replace(day=1), -MONTHS))
        last = self._day("to", today)
        if first > last:
            self.notes.append(_("“From” is after “To”, so the days were swapped."))
            first, last = last, first
        return first, last

    def _day(self, name: str, usual: date) -> date:
        text = self._args.get(name, "").strip()
        if not text:
            return usual
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = date.min
        if date(2000, 1, 1) <= day <= date(2200, 1, 1):
            return day
        self.notes.append(_("“%(name)s” is not a date, so it was ignored.", name=_("From") if name == "from"
                            else _("To")))  # fmt: skip
        return usual

    def _href(self, query: dict[str, str]) -> str:
        return f"{self.path}?{urlencode(query)}"
