"""Finds the invoices that a payer names. Capitals, spaces and signs do not matter; leading zeros may be missing where
only one open invoice can be meant.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import chain
from typing import NamedTuple

from sqlalchemy import Select, select

from portal.extensions import db
from portal.models import Account, Invoice, InvoiceKind
from portal.models.text_keys import fold, without_case

_RUN = re.compile(r"[^\W\d_]+|[0-9]+")
_WORD = re.compile(r"[^\s,;:()\[\]]{4,30}")
_MOST_RUNS = 8
"""Parts of a number, such as INV, 2026 and 000398."""
_LEAST_DIGITS = 4
"""Of a number that is digits only; shorter ones are found in any text."""


class Bill(NamedTuple):
    """An issued invoice, as far as a payment needs it."""

    id: int
    number: str
    account_id: int
    account: str
    currency: str
    open: int


class Matcher:
    def __init__(self) -> None:
        """Reads all open invoices: one statement."""
        self._exact: dict[str, list[Bill]] = defaultdict(list)
        self._loose: dict[str, list[Bill]] = defaultdict(list)
        for bill in _bills(_invoices().where(Invoice.paid_at.is_(None))):
            runs = _runs(bill.number)
            self._exact["".join(runs)].append(bill)
            if len(runs) > 1:
                self._loose[_without_zeros(runs)].append(bill)

    def named_in(self, text: str) -> list[Bill]:
        """In the order in which the text names them, each once."""
        runs, found, place = _runs(text), {}, 0
        while place < len(runs):
            bill, length = self._longest(runs[place : place + _MOST_RUNS])
            if bill is not None:
                found[bill.id] = bill
            place += length
        return list(found.values())

    def _longest(self, runs: list[str]) -> tuple[Bill | None, int]:
        for length in range(len(runs), 0, -1):
            some = runs[:length]
            if length == 1 and some[0].isdigit() and len(some[0]) < _LEAST_DIGITS:
                continue
            for bills in (self._exact.get("".join(some)), self._loose.get(_without_zeros(some))):
                if bills is not None and len(bills) == 1:
                    return bills[0], length
        return None, 1


def issued(texts: Collection[str]) -> dict[str, Bill]:
    """By text, the issued invoice whose whole number is a word of it, open or not."""
    words = {text: [fold(word) for word in _WORD.findall(text)] for text in texts}
    keys = list(dict.fromkeys(chain.from_iterable(words.values())))
    by_key: dict[str, Bill] = {}
    for start in range(0, len(keys), 500):
        rows = _invoices().where(Invoice.number_key.in_(keys[start : start + 500]))
        by_key |= {fold(bill.number): bill for bill in _bills(rows)}
    found = {text: next((by_key[word] for word in some if word in by_key), None) for text, some in words.items()}
    return {text: bill for text, bill in found.items() if bill is not None}


def _invoices() -> Select:
    rows = select(
        Invoice.id, Invoice.number, Invoice.billed_account_id, Account.name, Invoice.currency,
        Invoice.gross - Invoice.settled,
    )  # fmt: skip
    is_issued = (Invoice.number.is_not(None), Invoice.kind == InvoiceKind.INVOICE)
    return rows.join(Account, Account.id == Invoice.billed_account_id).where(*is_issued)


def _bills(rows: Select) -> Iterator[Bill]:
    return (Bill(*row) for row in db.session.execute(rows))


def _runs(text: str) -> list[str]:
    return _RUN.findall(without_case(text))


def _without_zeros(runs: list[str]) -> str:
    return "-".join(run.lstrip("0") or "0" if run.isdigit() else run for run in runs)
