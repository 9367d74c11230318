"""Where the page of a thing is, for people who may open it."""

from portal.models import AuditEntry, Right, User
from portal.services.audit_log.audit_subjects import Named
from portal.web.urls import asset_page, url_for

_BY_ID = {
    "order": ("bss.orders.show", "order_id", None),
    "invoice": ("bss.invoices.show", "invoice_id", Right.SEE_INVOICES),
    "payment": ("bss.payments.show", "payment_id", Right.SEE_INVOICES),
    "account": ("accounts.show", "account_id", None),
    "price_list": ("bss.price_lists.show", "price_list_id", Right.SET_PRICES),
    "product": ("bss.products.edit", "product_id", Right.CONFIGURE),
    "import": ("bss.imports.show", "import_id", Right.IMPORT),
    "tax_code": ("bss.tax_codes.edit", "tax_code_id", Right.CONFIGURE),
}
"""Endpoint, its argument, and the right that it needs. Only of things that are still there."""
_ALWAYS = {
    "coupon": ("bss.surplus.show", "coupon_id", Right.SEE_TOOLS),
    "finding": ("bss.reconciliation.finding", "finding_id", Right.SEE_TOOLS),
    "reconciliation": ("bss.reconciliation.show", "run_id", Right.SEE_TOOLS),
    "retry": ("bss.retries.show", "retry_id", Right.SEE_TOOLS),
    "bulk": ("bss.bulk.show", "operation_id", Right.SEE_TOOLS),
    "invoice run": ("bss.invoice_runs.show", "run_id", Right.INVOICE),
}
_PAGES = {
    "alert": ("bss.alerts.index", Right.SEE_TOOLS),
    "company": ("bss.company.edit", Right.SEE_COMPANY),
    "comparison": ("bss.reconciliation.index", Right.SEE_TOOLS),
    "connection": ("bss.bittitan.show", Right.CONFIGURE),
    "figures": ("bss.reports.index", Right.SEE_REPORTS),
    "invoice schedule": ("bss.invoice_runs.index", Right.INVOICE),
    "mail text": ("bss.mail_texts.index", Right.CONFIGURE),
    "product_type": ("bss.products.index", Right.CONFIGURE),
}


def link_to(entry: AuditEntry, named: Named | None, viewer: User) -> str | None:
    if entry.subject in _PAGES:
        endpoint, right = _PAGES[entry.subject]
        return url_for(endpoint) if viewer.may(right) else None
    if entry.subject in _ALWAYS:
        return _by_id(_ALWAYS[entry.subject], entry.subject_id, viewer)
    if named is None:
        return None
    if entry.subject == "asset":
        return asset_page(entry.subject_id)
    if entry.subject == "user":
        return _user(named, entry.subject_id, viewer)
    return _by_id(_BY_ID[entry.subject], entry.subject_id, viewer)


def _by_id(page: tuple[str, str, Right | None], row_id: int, viewer: User) -> str | None:
    endpoint, argument, right = page
    return url_for(endpoint, **{argument: row_id}) if right is None or viewer.may(right) else None


def _user(named: Named, user_id: int, viewer: User) -> str | None:
    if not viewer.may(Right.EDIT_USERS):
        return None
    return url_for("accounts.users.edit", account_id=named.account_id, user_id=user_id)
