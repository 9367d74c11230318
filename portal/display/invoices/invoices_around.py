"""Invoices on the pages of what they bill: an account, an order's line, an asset."""

from collections.abc import Sequence

from flask import Flask
from flask_login import current_user
from markupsafe import Markup

from portal.display.invoices import invoice_columns
from portal.display.invoices.invoice_rows import InvoiceRows
from portal.display.lists.columns import ShownColumn, shown
from portal.models import Invoice, OrderLine
from portal.services.accounts.account_page import NewestInvoice
from portal.services.invoicing.invoice_page import related
from portal.web.urls import url_for


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        invoice_url=invoice_url, invoices_of_line=invoices_of_line, newest_invoices=newest_invoices
    )


def invoice_url(invoice_id: int) -> str:
    """In the viewer's area."""
    area = "bss" if current_user.is_staff else "storefront"
    return url_for(f"{area}.invoices.show", invoice_id=invoice_id)


def invoices_of_line(line: OrderLine) -> list[Invoice]:
    return related.invoices_of(line, current_user)


def newest_invoices(rows: Sequence[NewestInvoice]) -> tuple[Sequence[ShownColumn], list[Markup]]:
    """The columns of the list on an account's page, and its rows."""
    columns = shown(invoice_columns.of(invoice_columns.ACCOUNT, current_user), current_user)
    drawn = InvoiceRows(columns, area="bss" if current_user.is_staff else "storefront")
    return columns, [drawn.row(row) for row in rows]
