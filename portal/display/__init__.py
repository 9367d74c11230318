"""How things are named and shown: texts, badges, columns, and the pages that several areas share."""

from flask import Flask

from portal.display import badges, connection_status, layout, wording
from portal.display.assets import asset_dates, code_story
from portal.display.calendars import entry_words
from portal.display.invoices import invoice_history, invoice_states, invoices_around
from portal.display.lists import asset_rows, list_page
from portal.display.orders import order_history, order_states
from portal.display.wording import (
    account_wording,
    amounts,
    code_status,
    coupon_wording,
    history_text,
)


def install(app: Flask) -> None:
    """Call it after `web.install`."""
    for part in (
        asset_rows,
        badges,
        list_page,
        connection_status,
        wording,
        account_wording,
        history_text,
        code_status,
        coupon_wording,
        asset_dates,
        code_story,
        entry_words,
        amounts,
        order_history,
        order_states,
        invoice_states,
        invoice_history,
        invoices_around,
        layout,
    ):
        part.install(app)
