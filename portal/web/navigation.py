"""The main navigation of each area. A link appears only if its page exists and the person may open it."""

from dataclasses import dataclass, field

from flask import current_app, request

from portal.models import Right, User
from portal.web.addresses import url_for
from portal.web.language import lazy as _
from portal.web.sessions import reader


@dataclass(frozen=True)
class Entry:
    endpoint: str
    text: str
    icon: str
    right: Right | None = None
    is_own: bool = False
    """The page of the person's own account."""


@dataclass(frozen=True)
class Link:
    href: str
    text: str
    icon: str
    current: str | None = field(default=None)
    """The value of `aria-current`: this page, or a page below it."""


STAFF = (
    (None, (Entry("bss.index", _("Work queue"), "queue"),)),
    (
        _("Billing"),
        (Entry("bss.assets.index", _("Assets"), "assets"), Entry("bss.invoices.index", _("Invoices"), "invoices")),
    ),
    (
        _("Sales"),
        (Entry("bss.orders.index", _("Orders"), "orders"), Entry("accounts.index", _("Accounts"), "accounts")),
    ),
    (
        _("Setup"),
        (
            Entry("bss.products.index", _("Products"), "products", Right.CONFIGURE),
            Entry("bss.bittitan.show", _("BitTitan"), "connection", Right.CONFIGURE),
            Entry("bss.users.index", _("Users"), "users", Right.EDIT_USERS),
        ),
    ),
    (
        _("Tools"),
        (
            Entry("bss.retries.index", _("Retries"), "retry", Right.SEE_TOOLS),
            Entry("bss.imports.index", _("Imports"), "import", Right.IMPORT),
            Entry("bss.surplus.index", _("Surplus coupons"), "products", Right.SEE_TOOLS),
            Entry("bss.reconciliation.index", _("Reconciliation"), "reconcile", Right.SEE_TOOLS),
            Entry("bss.alerts.index", _("Alerts"), "warning", Right.SEE_TOOLS),
            Entry("bss.audit.index", _("Audit log"), "audit", Right.SEE_TOOLS),
        ),
    ),
)
_LICENCES = Entry("storefront.assets.index", _("BitTitan licences"), "assets")
_ORDERS = Entry("storefront.orders.index", _("Orders"), "orders")
PARTNER = ((None, (_LICENCES, _ORDERS, Entry("accounts.index", _("Customers"), "accounts"))),)
CUSTOMER = ((None, (_LICENCES, _ORDERS, Entry("accounts.show", _("Your account"), "accounts", is_own=True))),)


def navigation() -> list[tuple[str | None, list[Link]]]:
    """Groups of links: (title, links)."""
    person = reader()
    if person is None:
        return []
    groups = [
        (title, [_link(entry, person) for entry in entries if _is_open(entry, person)])
        for title, entries in _groups(person)
    ]
    return [(title, links) for title, links in groups if links]


def start_page(person: User) -> str:
    """Of the person's area; a portal without that area still has a page for everybody."""
    home = "bss.index" if person.is_staff else "storefront.index"
    return url_for(home if home in current_app.view_functions else "auth.password.edit")


def _groups(person: User) -> tuple:
    return {"distributor": STAFF, "partner": PARTNER, "customer": CUSTOMER}[person.account.kind.value]


def _is_open(entry: Entry, person: User) -> bool:
    return entry.endpoint in current_app.view_functions and (entry.right is None or person.may(entry.right))


def _link(entry: Entry, person: User) -> Link:
    own = {"account_id": person.account_id} if entry.is_own else {}
    return Link(url_for(entry.endpoint, **own), entry.text, entry.icon, _current(entry))


def _current(entry: Entry) -> str | None:
    here = request.endpoint or ""
    if here == entry.endpoint:
        return "page"
    resource, _, act = entry.endpoint.rpartition(".")
    below = resource != "bss" and here.startswith(f"{resource}.")
    return "true" if below else None
