"""What a person types into a draft."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_LINES = 300
MOST_LICENCES = 1_000_000
LONGEST_PO_NUMBER = 60
LONGEST_NOTE = 1000


@dataclass(frozen=True)
class LineInput:
    """As typed. Either `account_id` or `new_customer`, which is the position of one of the draft's new customers."""

    product_id: int
    quantity: int
    name: str = ""
    account_id: int | None = None
    new_customer: int | None = None
    key: str | None = None


@dataclass(frozen=True)
class CustomerInput:
    name: str
    country: str = ""
    contact_email: str = ""
    is_another: bool = False


@dataclass(frozen=True)
class DraftInput:
    """The whole draft: it replaces what was stored."""

    lines: Sequence[LineInput]
    new_customers: Sequence[CustomerInput] = ()
    po_number: str = ""
    note: str = ""
    staff_note: str = ""
