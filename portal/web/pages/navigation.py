"""The main navigation of each area. A link appears only if its page exists and the person may open it."""

from dataclasses import dataclass, field
from functools import lru_cache

from flask import current_app, request

from portal.core.i18n import language_now
from portal.core.i18n import lazy as _
from portal.models import AccountKind, Right, User
from portal.web.security.sessions import viewer
from portal.web.urls import url_for


@dataclass(frozen=True)
class Entry:
    endpoint: str
    text: str
    icon: str
    right: Right | None = None
    is_own: bool = False
    """The page takes the id of the person's own account."""


@dataclass(frozen=True)
class Link:
    href: str
    text: str
    icon: str
    current: str | None = field(default=None)
    """The value of `aria-current`: "page" for this page, "true" for a page below the link."""


STAFF = (
    (None, (Entry("bss.index", _("Work queue"), "queue"),)),
    (
        _("Billing"),
        (
            Entry("bss.assets.index", _("Assets"), "assets"),
            Entry("bss.asset_requests.index", _("Requests"), "hand"),
            Entry("bss.calendar.index", _("Calendar"), "calendar"),
            Entry("bss.invoices.index", _("Invoices"), "invoices", Right.SEE_INVOICES),
            Entry("bss.payments.index", _("Payments"), "payment", Right.SEE_INVOICES),
            Entry("bss.receivables.index", _("Receivables"), "expiring", Right.SEE_INVOICES),
            Entry("bss.invoice_runs.index", _("Invoice runs"), "invoices", Right.INVOICE),
            Entry("bss.billing_exceptions.index", _("Billing exceptions"), "warning", Right.INVOICE),
            Entry("bss.exports.index", _("Exports"), "download", Right.SEE_INVOICES),
            Entry("bss.reports.index", _("Reports"), "report", Right.SEE_REPORTS),
        ),
    ),
    (
        _("Sales"),
        (
            Entry("bss.orders.index", _("Orders"), "orders"),
            Entry("bss.price_lists.index", _("Price lists"), "prices", Right.SET_PRICES),
            Entry("accounts.index", _("Accounts"), "accounts"),
        ),
    ),
    (
        _("Setup"),
        (
            Entry("bss.company.edit", _("Company"), "company", Right.SEE_COMPANY),
            Entry("bss.products.index", _("Products"), "products", Right.CONFIGURE),
            Entry("bss.bittitan.show", _("BitTitan"), "connection", Right.CONFIGURE),
            Entry("bss.mail_texts.index", _("Mail texts"), "edit", Right.CONFIGURE),
            Entry("bss.users.index", _("Users"), "users", Right.EDIT_USERS),
        ),
    ),
    (
        _("Tools"),
        (
            Entry("bss.retries.index", _("Retries"), "retry", Right.SEE_TOOLS),
            Entry("bss.bulk.index", _("Bulk changes"), "tick", Right.SEE_TOOLS),
            Entry("bss.imports.index", _("Imports"), "import", Right.IMPORT),
            Entry("bss.surplus.index", _("Surplus coupons"), "products", Right.SEE_TOOLS),
            Entry("bss.reconciliation.index", _("Reconciliation"), "reconcile", Right.SEE_TOOLS),
            Entry("bss.outbox.index", _("Outbox"), "mail", Right.SEE_TOOLS),
            Entry("bss.schedule.index", _("Schedule"), "clock", Right.SEE_TOOLS),
            Entry("bss.alerts.index", _("Alerts"), "warning", Right.SEE_TOOLS),
            Entry("bss.audit.index", _("Audit log"), "audit", Right.SEE_TOOLS),
        ),
    ),
)
_LICENCES = Entry("storefront.assets.index", _("BitTitan licences"), "assets")
_CALENDAR = Entry("storefront.calendar.index", _("Calendar"), "calendar")
_SHOP = Entry("storefront.shop.index", _("Shop"), "orders")
_BASKET = Entry("storefront.basket.show", _("Basket"), "orders", Right.ORDER)
_INVOICES = Entry("storefront.invoices.index", _("Invoices"), "invoices", Right.SEE_INVOICES)
_ORDERS = Entry("storefront.orders.index", _("Orders"), "orders")
_APPROVALS = Entry("storefront.approvals.index", _("Approvals"), "hand", Right.ORDER)
_PRICES = Entry("storefront.prices.index", _("Prices"), "prices", Right.SET_PRICES)
_REPORTS = Entry("storefront.reports.index", _("Reports"), "report", Right.SEE_REPORTS)
_CUSTOMERS = Entry("accounts.index", _("Customers"), "accounts")
_OWN_ACCOUNT = Entry("accounts.show", _("Your account"), "accounts", is_own=True)
PARTNER = ((None, (_SHOP, _LICENCES, _CALENDAR, _INVOICES, _ORDERS, _APPROVALS, _CUSTOMERS, _PRICES, _REPORTS)),)
CUSTOMER = ((None, (_SHOP, _LICENCES, _CALENDAR, _INVOICES, _ORDERS, _REPORTS, _OWN_ACCOUNT)),)
_OF = {AccountKind.DISTRIBUTOR: STAFF, AccountKind.PARTNER: PARTNER, AccountKind.CUSTOMER: CUSTOMER}


Groups = tuple[tuple[str | None, tuple[Link, ...]], ...]


def navigation() -> Groups:
    """Returns groups of links: (title, links)."""
    person = viewer()
    if person is None:
        return ()
    own_account_id = person.account_id if person.account.kind is AccountKind.CUSTOMER else None
    request_key = request.endpoint or "", request.script_root, language_now().code
    # The distributor bills nothing to a partner's customers.
    rights = person.rights if person.account.pays_itself else person.rights - {Right.SEE_INVOICES}
    return _navigation(person.account.kind, rights, own_account_id, *request_key)


def basket_link() -> Link | None:
    """Of the Storefront, for those who may order."""
    person = viewer()
    if person is None or not _is_open(_BASKET, person.rights):
        return None
    return _link(_BASKET, None, request.endpoint or "")


def start_page(person: User) -> str:
    """Returns the start page of the person's area; the password page if the portal was built without that area."""
    home = "bss.index" if person.is_staff else "storefront.index"
    return url_for(home if home in current_app.view_functions else "auth.password.edit")


@lru_cache(maxsize=500)
def _navigation(
    kind: AccountKind, rights: frozenset[Right], own_account_id: int | None, endpoint: str, _root: str, _language: str
) -> Groups:
    """Cached: the navigation depends only on these values. `own_account_id` is set for customers."""
    groups = (
        (
            title and str(title),
            tuple(_link(entry, own_account_id, endpoint) for entry in entries if _is_open(entry, rights)),
        )
        for title, entries in _OF[kind]
    )
    return tuple((title, links) for title, links in groups if links)


def _is_open(entry: Entry, rights: frozenset[Right]) -> bool:
    return entry.endpoint in current_app.view_functions and (entry.right is None or entry.right in rights)


def _link(entry: Entry, own_account_id: int | None, endpoint: str) -> Link:
    address = url_for(entry.endpoint, **({"account_id": own_account_id} if entry.is_own else {}))
    return Link(address, str(entry.text), entry.icon, _current(entry, endpoint))


def _current(entry: Entry, endpoint: str) -> str | None:
    if endpoint == entry.endpoint:
        return "page"
    resource = entry.endpoint.rpartition(".")[0]
    is_below = resource != "bss" and endpoint.startswith(f"{resource}.")
    return "true" if is_below else None
