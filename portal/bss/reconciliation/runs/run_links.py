"""Where a comparison is found."""

from flask import current_app

from portal.web.urls import url_for


def run_href(run_id: int) -> str:
    """Its page; its receipts as long as there is no such page."""
    name = "bss.reconciliation.show"
    return url_for(name if name in current_app.view_functions else "bss.reconciliation.receipts", run_id=run_id)
