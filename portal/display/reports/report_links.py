"""The list that a number of a report counts."""

from portal.core.i18n import lazy
from portal.display.lists.list_address import NO_PRICE
from portal.services.invoicing.invoice_list.invoice_filters import Listed
from portal.services.reports.periods import Period
from portal.web.urls import url_for

COUNTED = {
    "ordered": lazy("Licences"),
    "delivered": lazy("Delivered"),
    "failed": lazy("Failed"),
    "cancelled": lazy("Cancelled"),
    "unredeemed": lazy("Unredeemed"),
}
"""The numbers of licences, and their headings."""
LISTS = {
    "ordered": {},
    "delivered": {"status": "synchronized", "lifecycle": "active"},
    "failed": {"status": "failed", "lifecycle": "active"},
    "cancelled": {"lifecycle": "cancelled"},
    "unredeemed": {"status": "synchronized", "lifecycle": "active", "redeem": "unredeemed"},
}
"""The filters of the list of assets; what counts as what is said in services/reports/counting.py."""
INVOICES = {"invoiced": {"state": Listed.INVOICE.value}, "credited": {"state": Listed.CREDIT_NOTE.value}}
"""The filters of the list of invoices. It has none for products, so amounts of one product open no list."""


def assets_url(
    is_staff: bool, what: str, period: Period, *, currency: str | None = None, product_id: int | None = None,
    account_id: int | None = None,
) -> str:  # fmt: skip
    """`account_id`: of the billed account, for staff. Without a currency: of all."""
    filters = LISTS[what] | {"from": str(period.first), "to": str(period.last)}
    values = {"product": product_id, "billed": account_id if is_staff else None}
    filters |= {name: str(value) for name, value in values.items() if value is not None}
    if currency is not None:
        filters["currency"] = currency or NO_PRICE
    return url_for("bss.assets.index" if is_staff else "storefront.assets.index", **filters)


def invoices_url(
    is_staff: bool, what: str, period: Period, *, currency: str, account_id: int | None = None
) -> str:  # fmt: skip
    endpoint = "bss.invoices.index" if is_staff else "storefront.invoices.index"
    filters = INVOICES[what] | {"from": period.first, "to": period.last, "currency": currency}
    return url_for(endpoint, **filters, **({"account": account_id} if is_staff and account_id else {}))
