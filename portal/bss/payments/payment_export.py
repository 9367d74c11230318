"""The list of payments as a CSV file of any length, streamed while it is read."""

from collections.abc import Iterator, Sequence

from flask import Response
from sqlalchemy import Row

from portal.core import clock
from portal.core.csv_safe import Cells
from portal.core.i18n import gettext as _
from portal.core.money import exact
from portal.models import PaymentKind, PaymentSource, User
from portal.services.invoicing.payments import payment_list
from portal.services.invoicing.payments.payment_list import Filters
from portal.services.lists import exports
from portal.web.pages.downloads import Columns, csv_list


def as_csv(viewer: User, filters: Filters) -> Response:
    """Exactly what the list shows, all pages, in its order. A refund is below zero."""
    rows, words = payment_list.every(viewer, filters), _Words()

    def read() -> Iterator[Columns]:
        return map(words.cells, exports.stream(rows))

    return csv_list(_heads(), read, "payments", lambda total: _("End of export: %(total)s payments", total=total))


def _heads() -> list[str]:
    return [
        _("Received"), _("Kind"), _("Account code"), _("Account"), _("Amount"), _("Not assigned"), _("Currency"),
        _("Reference"), _("Source"), _("Line"), _("Reversed"), _("Reason"), _("Note"),
    ]  # fmt: skip


class _Words:
    """The words are looked up once, not for each line."""

    def __init__(self) -> None:
        self._kinds = {PaymentKind.PAYMENT: _("Payment"), PaymentKind.REFUND: _("Refund")}
        self._sources = {PaymentSource.HAND: _("By hand"), PaymentSource.BANK_LIST: _("Bank list")}

    def cells(self, rows: Sequence[Row]) -> list[Cells]:
        return list(zip(*map(self._line, rows), strict=True))

    def _line(self, row: Row) -> tuple:
        is_refund = row.kind is PaymentKind.REFUND
        amount = -row.amount if is_refund else row.amount
        unassigned = 0 if is_refund or row.reversed_at else row.amount - row.allocated
        return (
            str(row.paid_on), self._kinds[row.kind], row.code, row.name, exact(amount, row.currency),
            exact(unassigned, row.currency), row.currency, row.reference, self._sources[row.source],
            str(row.source_line or ""), str(clock.day_of(row.reversed_at)) if row.reversed_at else "",
            row.reversal_reason, row.note,
        )  # fmt: skip
