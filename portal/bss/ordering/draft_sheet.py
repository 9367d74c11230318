"""An order that is being written as a sheet: its rows, their prices of today, what the distributor earns."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from werkzeug.datastructures import MultiDict

from portal.bss.ordering import draft_rows
from portal.bss.ordering.draft_rows import DraftRow, Known, price_of, price_text
from portal.core import clock
from portal.core.i18n import gettext as _
from portal.models import Account, Order, User
from portal.services import credit
from portal.services.catalog.resolution import AgreedPrice
from portal.services.ordering import offers, quotes
from portal.services.ordering.drafts import MOST_LINES, LineInput

BLANK = 5
"""Empty rows below the others, and as many as one press adds."""
_TENTH = Decimal("0.1")


@dataclass(frozen=True)
class _Line:
    """What quotes.quotes_of reads of an order's line, before it is stored."""

    product: object
    quantity: int
    account: Account
    new_customer: None = None


@dataclass(frozen=True)
class _Order:
    account: Account
    lines: list[_Line]


class DraftSheet:
    def __init__(self, viewer: User, buyer: Account, rows: list[DraftRow]):
        self.buyer, self.rows, self.blank = buyer, rows, BLANK
        self.payer = offers.payer_of(buyer)
        self.users = offers.users_of(viewer, buyer, [row.account for row in rows])
        self._known = Known(buyer, offers.orderable_products(), self.users)
        self._viewer = viewer
        self.error = ""
        """About the sheet as a whole."""
        self.pasted_errors: list[str] = []
        self.not_understood = ""
        """The pasted lines that could not be added."""
        self.changed: list[tuple[int, str, AgreedPrice]] = []
        """Lines whose price is not the one that was seen: number, what was seen, what it is."""
        for row in rows:
            self._known.read(row)

    @classmethod
    def typed(cls, viewer: User, buyer: Account, form: MultiDict) -> Self:
        return cls(viewer, buyer, draft_rows.typed(form))

    @classmethod
    def of(cls, viewer: User, order: Order) -> Self:
        return cls(viewer, order.account, draft_rows.of(order))

    @property
    def products(self) -> Iterable:
        return self._known.products.values()

    @property
    def blanks(self) -> list[DraftRow]:
        room = max(MOST_LINES - len(self.rows), 0)
        return [DraftRow() for _place in range(min(self.blank, room))]

    @property
    def has_errors(self) -> bool:
        return bool(self.error) or any(row.errors for row in self.rows)

    @property
    def faults(self) -> list[tuple[int, str, str]]:
        """Number of the line, the cell, the sentence."""
        return [(place, name, text) for place, row in enumerate(self.rows, 1) for name, text in row.errors.items()]

    @property
    def lines(self) -> list[LineInput]:
        """All rows; only if each can be read."""
        return [row.line for row in self.rows]

    @property
    def seen(self) -> list[tuple[int, str] | None]:
        return [price_of(row.seen) for row in self.rows]

    def remove(self, number: str) -> None:
        if number.isascii() and number.isdigit() and 1 <= int(number[:4]) <= len(self.rows):
            del self.rows[int(number) - 1]

    def paste(self, text: str) -> None:
        """Adds a row for each line that is understood; the others stay in the box, each with a sentence."""
        if len(text) > draft_rows.LONGEST_PASTE:
            most = draft_rows.LONGEST_PASTE
            self.pasted_errors = [_("That is too long. Paste at most %(most)s characters at once.", most=most)]
            return
        found = list(draft_rows.pasted(text))
        codes = [row.account for _line, row in found if row is not None]
        self.users = offers.users_of(self._viewer, self.buyer, [*codes, *(row.account for row in self.rows)])
        self._known = Known(self.buyer, list(self.products), self.users)
        for number, (line, row) in enumerate(found, start=1):
            if (why := self._why_not(row)) is not None:
                self.pasted_errors.append(_("Row %(number)s: %(why)s", number=number, why=why))
                self.not_understood += f"{line}\n"
            else:
                self.rows.append(row)

    def keep_pasted(self, text: str, *, is_written: bool) -> None:
        """Rows that were pasted and not added stay in the box. Nothing is written without them."""
        if text.strip():
            self.not_understood = text
            if is_written:
                self.error = _("Some pasted rows were not added. Press “Add these rows”, or empty the box.")

    def _why_not(self, row: DraftRow | None) -> str | None:
        if row is None:
            return _("Write product code, licences, name, and the customer’s code.")
        if len(self.rows) >= MOST_LINES:
            return _("An order has at most %(most)s lines. Make a second one.", most=MOST_LINES)
        self._known.read(row)
        return next(iter(row.errors.values()), None)

    def work_out(self) -> None:
        """Prices of today. Why a line cannot be ordered is said beside its cell."""
        read = [row for row in self.rows if row.is_read]
        lines = [_Line(row.chosen, row.licences, row.user) for row in read]
        for row, quote in zip(read, quotes.quotes_of(_Order(self.buyer, lines), clock.today()), strict=True):
            row.quote = quote
            if quote.problem is not None:
                row.errors.setdefault(quote.problem.field, quote.problem.message)
        if len(self.rows) > MOST_LINES:
            self.error = _("An order has at most %(most)s lines. Make a second one.", most=MOST_LINES)

    def note_seen(self) -> None:
        """Compares with what was seen; from now on the prices of today are what was seen."""
        for place, row in enumerate(self.rows, start=1):
            if row.quote is None:
                continue
            now, seen = price_text(row.quote.price.amount, row.quote.price.currency), price_of(row.seen)
            if seen is not None and row.seen != now:
                self.changed.append((place, seen, row.quote.price))
            row.seen = now

    def refuse(self, field: str, sentence: str) -> bool:
        """Shows a service's refusal beside its cell. Returns False if it is about no row."""
        _lines, _dash, rest = field.partition("lines-")
        place, _dash, name = rest.partition("-")
        if field == "lines":
            self.error = sentence
        elif place.isdigit() and int(place) < len(self.rows):
            self.rows[int(place)].errors[name] = sentence
        else:
            return False
        return True

    @property
    def total(self) -> int:
        return sum(row.quote.total or 0 for row in self.rows if row.quote is not None)

    @property
    def licences(self) -> int:
        return sum(row.licences or 0 for row in self.rows)

    @property
    def over(self) -> int:
        """By how much the order exceeds the payer's credit limit."""
        return credit.missing(self.payer, self.total)

    @property
    def margin(self) -> tuple[int, Decimal | None] | None:
        """Amount, and percent of the price, of the lines whose cost is known."""
        amount = total = 0
        for row in self.rows:
            if row.quote is not None and row.quote.total is not None:
                listed = (each for each in row.chosen.prices if each.currency == row.quote.price.currency)
                cost = next((each.cost for each in listed), None)
                if cost is None:
                    return None
                amount += row.quote.total - cost * row.licences
                total += row.quote.total
        share = (Decimal(amount) * 100 / total).quantize(_TENTH, ROUND_HALF_UP) if total else None
        return (amount, share) if total else None
