"""The lines of a bank list: day, amount, currency, reference and payer of each, and what cannot be read."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.core.errors import InvalidInput
from portal.core.field_rules import kept_text
from portal.core.i18n import gettext as _
from portal.services.imports.bank_lists import bank_amounts, bank_columns
from portal.services.imports.bank_lists.bank_amounts import AmountReading
from portal.services.imports.import_columns import Cells
from portal.services.imports.reading import dates
from portal.services.imports.reading.dates import DateEvidence, DateOrder, DateReading
from portal.services.imports.reading.numbers import NumberStyle
from portal.services.imports.reading.refusals import BadCell, shown
from portal.services.invoicing.payments import recording
from portal.services.invoicing.payments.recording import Received

_LONGEST = 200
_MOST_READ = 2000
"""Of what a payer wrote: banks pass on up to 390 characters, and put texts of their own beside them."""
_SHORT_YEAR = re.compile(r"([0-9]{1,2}([./-])[0-9]{1,2}\2)([0-9]{2})")
_TIME = re.compile(r"(\S*[0-9])(?:T|,?\s+)[0-9]{1,2}:[0-9]{2}.*")


@dataclass(frozen=True)
class Choices:
    """What a person said about the list."""

    currency: str
    """Where the list does not name it."""
    style: NumberStyle | None = None
    order: DateOrder | None = None


@dataclass(frozen=True)
class BankLine:
    line: int
    day: date | None
    amount: int
    """Below zero for what left the account."""
    currency: str
    text: str
    """All that the payer wrote. Numbers of invoices are looked for here."""
    payer: str
    key: str = ""
    """The same whenever the same list is read; of lines that are alike, each has its own."""
    faults: tuple[tuple[str, str], ...] = ()
    """Columns and sentences."""

    @property
    def reference(self) -> str:
        """As much of the text as a payment keeps."""
        return self.text[:_LONGEST].rstrip()


@dataclass(frozen=True)
class BankList:
    lines: Sequence[BankLine]
    told: Sequence[str]
    """How dates and amounts were read, where that was not certain."""


def read(text: str, choices: Choices) -> BankList:
    """Raises Unreadable if it is no bank list."""
    records = bank_columns.read(text)
    evidence, amounts = DateEvidence(), AmountReading(choices.style)
    for cells in records:
        if not cells.check_form():
            continue
        evidence.look_at(_day_text(cells), cells.record.line)
        amounts.look_at(cells.plain("amount"), cells.record.line)
    reading = evidence.decided(choices.order)
    lines = [_line(cells, choices, reading, amounts) for cells in records]
    told = (dates.told(bank_columns.COLUMNS[0].title, reading), amounts.told())
    return BankList(list(_with_keys(lines)), [sentence for sentence in told if sentence])


def received(line: BankLine, day: date) -> Received:
    """As it is recorded; the payer's name is its note."""
    return Received(
        line.amount, line.currency, day, line.reference, line.payer, recording.PaymentSource.BANK_LIST, line.line
    )


def _line(cells: Cells, choices: Choices, reading: DateReading, amounts: AmountReading) -> BankLine:
    place = cells.record.line
    if cells.faults:
        return BankLine(place, None, 0, "", "", "", faults=tuple(cells.faults))
    currency = cells.read("amount", _currency, cells.plain("currency"), choices.currency) or choices.currency
    amount = cells.read("amount", bank_amounts.minor_units, currency, amounts) or 0
    if bank_columns.is_outgoing(cells):
        amount = -abs(amount)
    day = cells.read("date", lambda _text: _day(_day_text(cells), reading))
    text = cells.read("reference", _text, _MOST_READ) or ""
    payer = cells.read("payer", _text, _LONGEST) or ""
    return BankLine(place, day, amount, currency, text, payer, faults=tuple(cells.faults))


def _with_keys(lines: Sequence[BankLine]) -> Iterator[BankLine]:
    seen: Counter[tuple] = Counter()
    for line in lines:
        content = (str(line.day), line.amount, line.currency, line.reference, line.payer)
        seen[content] += 1
        text = repr(("bank list", *content, seen[content]))
        yield replace(line, key=hashlib.sha256(text.encode()).hexdigest())


def _day_text(cells: Cells) -> str:
    """Without a time of day, and with a whole year."""
    text = cells.plain("date").strip()
    if with_time := _TIME.fullmatch(text):
        text = with_time[1].rstrip(",T")
    short = _SHORT_YEAR.fullmatch(text)
    return f"{short[1]}20{short[3]}" if short else text


def _day(text: str, reading: DateReading) -> date:
    day = dates.parsed(text, reading)
    try:
        recording.check_day(day)
    except InvalidInput as refusal:
        raise BadCell(f"“{shown(text)}”: {refusal.message}") from None
    return day


def _currency(amount: str, named: str, usual: str) -> str:
    code = named.strip().upper() or bank_amounts.typed(amount).currency or usual
    if not bank_amounts.is_currency(code):
        raise BadCell(_("“%(text)s” is no currency.", text=shown(code)))
    if "$" in amount and not bank_amounts.is_of_dollars(code):
        raise BadCell(_("“%(text)s” is not in %(currency)s. Say which dollars they are, in a column Currency.",
                        text=shown(amount), currency=code))  # fmt: skip
    return code


def _text(text: str, longest: int) -> str:
    try:
        return kept_text(text[:longest], "reference", longest)
    except InvalidInput as refusal:
        raise BadCell(refusal.message) from None
