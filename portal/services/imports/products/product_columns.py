"""The columns of a file of products. A price has a column for each currency, or the rows name the currency."""

import re
from collections.abc import Iterable

from babel.numbers import is_currency

from portal.core.i18n import gettext as _
from portal.services.imports import import_columns
from portal.services.imports.import_columns import Column
from portal.services.imports.import_file import Unreadable

CODE = Column("code", "Code", aliases=("Product code", "SKU"))
DETAILS = (
    Column("name", "Name", False, ("Product name",)),
    Column("kind", "Type", False, ("Product type",)),
    Column("description", "Description", False),
    Column("expire_days", "Expire(days)", False, ("Expire",)),
    Column("validity_days", "Validity(days)", False, ("Validity",)),
    Column("min_quantity", "Fewest licences", False, ("Minimum",)),
    Column("max_quantity", "Most licences", False, ("Maximum",)),
    Column("state", "State", False),
)
IN_ROWS = (
    Column("currency", "Currency", False),
    Column("amount", "List price", False, ("Price",)),
    Column("cost", "Cost", False),
)
"""For files with a row for each price."""
_PRICE = re.compile(r"(?:(?:list\s*)?price|cost)?[\s:(-]*([A-Za-z]{3})\)?(?:\s*(?:(?:list\s*)?price|cost))?", re.I)


def heads_of_prices(currency: str) -> tuple[str, str]:
    """The headings of a list price and a cost, as an export writes them."""
    return f"List price {currency}", f"Cost {currency}"


def columns_of(heads: Iterable[str]) -> tuple[Column, ...]:
    """The columns that a file with these headings may have. Raises Unreadable without a column to change."""
    columns = (CODE, *DETAILS, *IN_ROWS, *_of_prices(heads))
    if import_columns.count_known(list(heads), columns[1:]) == 0:
        raise Unreadable(
            _(
                "The first line must name the columns: Code, and at least one to change, such as “List price EUR”, "
                "“Cost EUR” or “Name”."
            )
        )
    return columns


def count_known(heads: list[str]) -> int:
    return import_columns.count_known(heads, (CODE, *DETAILS, *IN_ROWS, *_of_prices(heads)))


def _of_prices(heads: Iterable[str]) -> list[Column]:
    matches = (_PRICE.fullmatch(head.strip()) for head in heads)
    currencies = dict.fromkeys(match[1].upper() for match in matches if match and is_currency(match[1].upper()))
    columns = []
    for currency in currencies:
        price, cost = heads_of_prices(currency)
        columns.append(Column(f"amount_{currency}", price, False, (currency, f"Price {currency}", f"{currency} price")))
        columns.append(Column(f"cost_{currency}", cost, False, (f"{currency} cost",)))
    return columns
