"""Billing > Statement: what the person's own account was billed and has paid, if the distributor bills it."""

from flask import Blueprint, request
from flask_login import current_user

from portal.display.statements.statement_page import StatementPage
from portal.models import Right
from portal.services.invoicing.payments import payers
from portal.web.security.guards import requires
from portal.web.urls import url_for

bp = Blueprint("statements", __name__, url_prefix="/billing/statement")


@bp.get("")
@requires(Right.SEE_INVOICES)
def show():
    account = payers.payer(current_user, current_user.account_id)
    page = StatementPage(
        account, request.args, path=url_for("storefront.statements.show"), invoice_url=_invoice_url,
        payment_url=lambda _payment_id: None,
    )  # fmt: skip
    return page.answer("storefront/statements/show.html")


def _invoice_url(invoice_id: int) -> str:
    return url_for("storefront.invoices.show", invoice_id=invoice_id)
