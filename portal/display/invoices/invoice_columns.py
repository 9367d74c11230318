"""The columns of the lists of invoices and of their files. The amounts of a credit note have a minus: they lower what
is owed. On the document itself they have none."""

from collections.abc import Sequence
from typing import NamedTuple

from portal.core import clock
from portal.core.i18n import lazy
from portal.core.money import exact
from portal.display.invoices.invoice_states import face
from portal.display.lists.columns import Cells, Column, InFiles, Kind
from portal.models import InvoiceKind, User

BSS, ACCOUNT, STOREFRONT, FILE = "bss", "account", "storefront", "file"


class _Row(NamedTuple):
    kind: InvoiceKind
    number: str | None
    due_on: object
    gross: int
    settled: int
    paid_at: object
    credited: int


def _staff(user: User) -> bool:
    return user.is_staff


def signed(kind: InvoiceKind, amount: int) -> int:
    return -amount if kind is InvoiceKind.CREDIT_NOTE else amount


def _amounts(amounts: Sequence[int], kinds: Sequence[InvoiceKind], currencies: Sequence[str]) -> Cells:
    rows = zip(amounts, kinds, currencies, strict=True)
    return [exact(signed(kind, amount), currency) for amount, kind, currency in rows]


def _open(numbers: Sequence, grosses: Sequence, settled: Sequence, kinds: Sequence, currencies: Sequence) -> Cells:
    """Of a draft nothing is owed yet."""
    rows = zip(numbers, grosses, settled, kinds, currencies, strict=True)
    return [
        exact(signed(kind, gross - paid) if number else 0, currency) for number, gross, paid, kind, currency in rows
    ]


def _states(*columns: Sequence) -> Cells:
    today = clock.today()
    rows = [_Row(*values) for values in zip(*columns, strict=True)]
    return [face(row, row.credited, today).text for row in rows]


def _days(days: Sequence) -> Cells:
    """A draft has none."""
    return [str(day or "") for day in days]


_FACE = ("kind", "number", "due_on", "gross", "settled", "paid_at", "credited")
_SCREENS = (BSS, ACCOUNT, STOREFRONT)
_ALL = (*_SCREENS, FILE)
COLUMNS = (
    Column("number", lazy("Number"), "number", cell="number", lists=_ALL),
    Column("state", lazy("State"), _FACE, cell="state", lists=_ALL, csv=_states),
    Column("account-code", lazy("Account code"), "account_code", lists=(FILE,), is_for=_staff),
    Column("account", lazy("Account"), "account_name", lists=(FILE,), is_for=_staff),
    Column("buyer", lazy("Billed to"), "buyer_name", cell="buyer", lists=(BSS, FILE), head_css="table__text"),
    Column("po", lazy("PO"), "po_number", cell="po", lists=(STOREFRONT, FILE), head_css="table__text"),
    Column("issued", lazy("Issued"), "issued_on", Kind.DATE, cell="issued", lists=_ALL, csv=_days),
    Column("due", lazy("Due"), "due_on", Kind.DATE, cell="due", lists=_ALL, csv=_days),
    Column("lines", lazy("Lines"), "lines_count", Kind.NUMBER, lists=(FILE,)),
    Column("licences", lazy("Licences"), "licences", Kind.NUMBER, lists=(FILE,)),
    Column("net", lazy("Net"), ("net", "kind", "currency"), Kind.AMOUNT, lists=(FILE,), csv=_amounts),
    Column("vat", lazy("VAT"), ("vat", "kind", "currency"), Kind.AMOUNT, lists=(FILE,), csv=_amounts),
    Column("total", lazy("Total"), ("gross", "kind", "currency"), Kind.AMOUNT, cell="total", lists=_ALL, csv=_amounts),
    Column(
        "open", lazy("Open"), ("number", "gross", "settled", "kind", "currency"), Kind.AMOUNT, cell="open",
        lists=_ALL, csv=_open,
    ),
    Column("currency", lazy("Currency"), "currency", lists=(FILE,)),
    Column(
        "document", lazy("Document"), cell="document", lists=(STOREFRONT,), files=InFiles.NEVER,
        has_quiet_heading=True,
    ),
)  # fmt: skip


def of(layout: str, viewer: User) -> list[Column]:
    return [column for column in COLUMNS if layout in column.lists and column.is_for(viewer)]
