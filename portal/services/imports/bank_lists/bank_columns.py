"""The columns of a bank list, under the names that banks give them, and where its heading is."""

import re
from collections.abc import Sequence

from portal.core.i18n import gettext as _
from portal.services.imports import import_columns, sheets
from portal.services.imports.import_columns import Cells, Column
from portal.services.imports.import_file import DELIMITERS, LONGEST, Unreadable, split

MOST_LINES = 2000
MOST_CHARACTERS = 600_000
COLUMNS = (
    Column("date", "Date", aliases=(
        "Booking date", "Received", "Received on", "Posting date", "Transaction date", "Completed date", "Value date",
        "Buchungstag", "Buchungsdatum", "Datum", "Valutadatum", "Valuta", "Wertstellung", "Ημερομηνία",
        "Date d'opération", "Fecha", "Data",
    )),
    Column("amount", "Amount", aliases=(
        "Paid in", "Credit amount", "Credit", "Betrag", "Betrag EUR", "Amount EUR", "Umsatz", "Ποσό", "Montant",
        "Importe", "Importo", "Kwota",
    )),
    Column("currency", "Currency", False, ("Ccy", "Währung", "Waehrung", "Νόμισμα", "Devise", "Moneda", "Valuta code")),
    Column("reference", "Reference", False, (
        "Purpose", "Payment reference", "Remittance information", "Description", "Details", "Narrative",
        "Verwendungszweck", "Αιτιολογία", "Libellé", "Concepto", "Causale",
    )),
    Column("payer", "Payer", False, (
        "Name", "Debtor", "Counterparty", "Sender", "Paid by", "From", "Auftraggeber", "Zahlungspflichtiger",
        "Beguenstigter/Zahlungspflichtiger", "Begünstigter/Zahlungspflichtiger", "Name Zahlungsbeteiligter",
        "Auftraggeber/Empfänger",
    )),
    Column("direction", "Credit/Debit", False, ("Debit/Credit", "Dr/Cr", "Soll/Haben", "CreditDebitIndicator")),
)  # fmt: skip
_LOOKED_AT = 30
"""Lines in which the heading is looked for: banks write the account and its balance above it."""
_OUTGOING = {"s", "soll", "d", "db", "dr", "dbit", "debit", "-"}


def read(text: str) -> list[Cells]:
    """The records. Raises Unreadable."""
    above = _lines_above(text)
    body = "".join(text.splitlines(keepends=True)[above:])
    records, _shape = sheets.read(body, lambda _heads: COLUMNS, count_known, most=MOST_CHARACTERS, above=above)
    return records


def count_known(heads: Sequence[str]) -> int:
    return import_columns.count_known(heads, COLUMNS)


def is_outgoing(cells: Cells) -> bool:
    return cells.plain("direction").strip().casefold() in _OUTGOING


def _lines_above(text: str) -> int:
    """Raises Unreadable if no line names the columns."""
    for place, line in enumerate(text.splitlines()[:_LOOKED_AT]):
        if len(line) > LONGEST or re.fullmatch(r'"?sep=[,;\t]"?', line.strip()):
            continue
        if max(count_known(split(line, delimiter)) for delimiter in DELIMITERS) >= 2:
            return place
    raise Unreadable(
        _("No line names the columns. The list needs at least Date and Amount, and should have Reference and Payer.")
    )
