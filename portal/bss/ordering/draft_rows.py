"""The rows of an order that is being written: how cells and pasted lines are read."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from werkzeug.datastructures import MultiDict

from portal.core.i18n import gettext as _
from portal.models import Account, Order, Product
from portal.models.text_keys import fold, search_key
from portal.services.ordering.drafts import MOST_LICENCES, LineInput
from portal.services.ordering.quotes import Quote

LONGEST_PASTE = 50_000
"""Characters that can be pasted at once."""
CELLS = ("product", "account", "name", "quantity")
_FIELD = re.compile(r"(product|account|name|quantity|seen)_([0-9]{1,3})")
_LEAST, _MOST = 2, 4
"""Cells of a pasted line: product code, licences, name, the customer's code."""


@dataclass
class DraftRow:
    product: str = ""
    """Its code, as typed."""
    account: str = ""
    """Code or name of who uses the licences; empty: the buyer itself."""
    name: str = ""
    quantity: str = ""
    seen: str = ""
    """The price that the person saw, as `price_text` writes it."""
    errors: dict[str, str] = field(default_factory=dict)
    chosen: Product | None = None
    user: Account | None = None
    licences: int | None = None
    quote: Quote | None = None
    """Once the prices are worked out."""

    @property
    def is_blank(self) -> bool:
        return not any(getattr(self, name) for name in CELLS)

    @property
    def is_read(self) -> bool:
        return self.chosen is not None and self.user is not None and self.licences is not None

    @property
    def line(self) -> LineInput:
        return LineInput(self.chosen.id, self.licences, self.name, self.user.id)


class Known:
    """The products and accounts that rows may name."""

    def __init__(self, buyer: Account, products: Sequence[Product], accounts: Iterable[Account]):
        self.buyer = buyer
        self.products = {fold(product.code): product for product in products}
        self._by_code: dict[str, Account] = {}
        self._by_name: dict[str, list[Account]] = {}
        for account in accounts:
            self._by_code[account.code_key] = account
            self._by_name.setdefault(account.name_key, []).append(account)

    def read(self, row: DraftRow) -> None:
        row.errors = {}
        row.chosen = self.products.get(fold(row.product))
        if row.chosen is None:
            row.errors["product"] = self.no_product(row.product)
        row.user = self._user(row.account)
        if row.user is None:
            row.errors["account"] = self.no_account(row.account)
        row.licences = whole(row.quantity)
        if row.licences is None:
            row.errors["quantity"] = _("Enter whole licences, such as 10.")

    def no_product(self, code: str) -> str:
        if not code:
            return _("Choose a product.")
        near = get_close_matches(fold(code)[:40], self.products, 1)
        if near:
            meant = self.products[near[0]].code
            return _("There is no product “%(code)s”. Did you mean %(meant)s?", code=code[:40], meant=meant)
        return _("There is no product “%(code)s”.", code=code[:40])

    def no_account(self, text: str) -> str:
        if len(self._named(text)) > 1:
            return _("Several accounts are called “%(text)s”. Write the code.", text=text[:40])
        return _("“%(text)s” is neither %(name)s nor one of its customers.", text=text[:40], name=self.buyer.name)

    def _user(self, text: str) -> Account | None:
        if not text:
            return self.buyer
        named = [account] if (account := self._by_code.get(fold(text))) else self._named(text)
        return named[0] if len(named) == 1 else None

    def _named(self, text: str) -> list[Account]:
        """Names are not unique: of several accounts none is meant."""
        found = self._by_name.get(search_key(text), [])
        return [account for account in found if self.buyer.id in (account.id, account.parent_id)]


def whole(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) < 8
    return int(text) if is_number and 1 <= int(text) <= MOST_LICENCES else None


def typed(form: MultiDict) -> list[DraftRow]:
    """Those of a submitted form, without blank ones."""
    rows: dict[int, DraftRow] = {}
    for name, text in form.items():
        if match := _FIELD.fullmatch(name):
            setattr(rows.setdefault(int(match[2]), DraftRow()), match[1], " ".join(text.split()))
    return [rows[place] for place in sorted(rows) if not rows[place].is_blank]


def of(order: Order) -> list[DraftRow]:
    return [
        DraftRow(
            line.product.code,
            "" if line.account is None or line.account_id == order.account_id else line.account.code,
            line.name,
            str(line.quantity),
        )
        for line in order.lines
    ]


def pasted(text: str) -> Iterator[tuple[str, DraftRow | None]]:
    """Each line that is not empty, with None if it does not have two to four cells."""
    for line in text.splitlines():
        if not line.strip():
            continue
        separator = next((each for each in "\t;," if each in line), "\t")
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
        if not _LEAST <= len(cells) <= _MOST:
            yield line, None
            continue
        product, quantity, name, account = (*cells, "", "")[:4]
        yield line, DraftRow(product, account, name, quantity)


def price_text(amount: int | None, currency: str) -> str:
    return "" if amount is None else f"{amount} {currency}"


def price_of(text: str) -> tuple[int, str] | None:
    """Reads `price_text`. None for anything else."""
    amount, _space, currency = text.partition(" ")
    is_price = amount.isascii() and amount.isdigit() and len(amount) < 19 and re.fullmatch("[A-Z]{3}", currency)
    return (int(amount), currency) if is_price else None
