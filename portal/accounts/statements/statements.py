"""The statement of an account that is billed: for the distributor's staff, and for the account itself."""

from flask import current_app, request
from flask_login import current_user

from portal.accounts.area import area
from portal.display.statements.statement_page import StatementPage
from portal.models import Right
from portal.services.invoicing.payments import payers
from portal.web.security.guards import requires
from portal.web.urls import url_for


@area.get("/<int:account_id>/statement")
@requires(Right.SEE_INVOICES)
def statement(account_id):
    account = payers.payer(current_user, account_id)
    page = StatementPage(
        account, request.args, path=url_for("accounts.statement", account_id=account.id), invoice_url=_invoice_url,
        payment_url=_payment_url,
    )  # fmt: skip
    return page.answer("accounts/statement.html")


def _invoice_url(invoice_id: int) -> str | None:
    endpoint = "bss.invoices.show" if current_user.is_staff else "storefront.invoices.show"
    return url_for(endpoint, invoice_id=invoice_id) if endpoint in current_app.view_functions else None


def _payment_url(payment_id: int) -> str | None:
    return url_for("bss.payments.show", payment_id=payment_id) if current_user.is_staff else None
