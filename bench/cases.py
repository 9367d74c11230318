"""What is asked for, and at which address each target has it."""

from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

PAGE = 50
TERMS = 80
"""As many as a page is asked for, so that none is asked for twice."""


@dataclass(frozen=True)
class Facts:
    """About the generated data: what the addresses need."""

    page_1000: int
    """Or the page in the middle, where there are fewer."""
    cursor_1000: str
    assets: dict[str, int]
    """One of its own for each target, to look at and to rename."""
    largest_partner: int
    largest_partner_email: str
    code_part: str
    account_names: tuple[str, ...]
    """Another one for each turn."""
    staff_email: str
    cause: str
    """Of most failed assets."""
    order: int
    """In the middle of the years."""


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    reach: tuple[float, float] | None = None
    """At most so many times the floor, on SQLite and on PostgreSQL."""
    most_statements: int | None = None
    most_growth: float | None = None
    most_milliseconds: float | None = None
    most_of_first: float | None = None
    """At most so many times the list of assets in the same run."""
    as_partner: bool = False
    is_save: bool = False
    is_export: bool = False
    addresses: dict[str, str] = field(default_factory=dict)
    """By the pages that a target has. TERM stands for the term of the turn."""
    terms: tuple[str, ...] = ()

    def turn_name(self, turn: int) -> str:
        """What the floor calls the page of this turn."""
        return f"{self.name}/{turn % len(self.terms)}" if self.terms else self.name

    def address(self, pages: str, turn: int) -> str:
        address = self.addresses[pages]
        return address.replace("TERM", quote_plus(self.terms[turn % len(self.terms)])) if self.terms else address


LIST = {"reach": (2.0, 1.8), "most_statements": 3, "most_growth": 1.2}
ORDERS = {"most_statements": 4, "most_growth": 1.2, "most_of_first": 1.3}
SEARCH = {"reach": (2.0, 2.0), "most_milliseconds": 10}


def cases(facts: Facts) -> list[Case]:
    assets, django, flask = "/bss/billing/assets", "/admin/portal/asset/", "/admin/asset/"

    def of(portal: str, django_query: str = "", flask_query: str = "") -> dict[str, str]:
        return {"portal": portal, "django": django + django_query, "flask-admin": flask + flask_query}

    newest = {"sort": "-purchased", "status": "failed"}
    code = urlencode({"q": facts.code_part})
    own = facts.assets
    return [
        Case("first", "list, page 1", **LIST, addresses=of(assets)),
        Case("page-1000", f"list, page {facts.page_1000}", **LIST, addresses=of(
            f"{assets}?{urlencode({'after': facts.cursor_1000})}", f"?p={facts.page_1000}",
            f"?page={facts.page_1000 - 1}",
        )),
        Case("last", "list, last page", **LIST, addresses=of(f"{assets}?last=1", "?p=LAST", "?page=LAST")),
        Case("failed", "status = failed, newest first", **LIST, addresses=of(
            f"{assets}?{urlencode(newest)}", "?sync_status__exact=failed", "?flt0_sync_status_equals=failed",
        )),
        Case("partner", "largest partner’s licences", **LIST, as_partner=True, addresses=of(
            "/storefront/billing/assets", f"?branch_id__exact={facts.largest_partner}",
            f"?flt0_branch_id_equals={facts.largest_partner}",
        )),
        Case("code", "search, part of a code", **SEARCH, addresses=of(
            f"{assets}?{code}", f"?{code}", f"?{urlencode({'search': facts.code_part})}",
        )),
        Case("account", "search, another account name each time", **SEARCH, terms=facts.account_names, addresses=of(
            f"{assets}?q=TERM", "?q=TERM", "?search=TERM",
        )),
        Case("queue", "work queue", addresses={"portal": "/bss/"}),
        Case("cause", "page of a cause", addresses={"portal": f"/bss/queue/{facts.cause}"}),
        Case("orders", "list of orders", **ORDERS, addresses={"portal": "/bss/sales/orders"}),
        Case("order", "order", **ORDERS, addresses={"portal": f"/bss/sales/orders/{facts.order}"}),
        Case("shop", "shop", **ORDERS, as_partner=True, addresses={"portal": "/storefront/shop"}),
        Case("basket", "basket", **ORDERS, as_partner=True, addresses={"portal": "/storefront/basket"}),
        Case("detail", "detail", reach=(2.2, 2.2), most_statements=3, addresses={
            "portal": f"{assets}/{own['portal']}", "django": f"{django}{own['django']}/change/",
            "flask-admin": f"{flask}edit/?id={own['flask-admin']}",
        }),
        Case("save", "edit-save", reach=(2.5, 2.5), most_statements=6, is_save=True, addresses={
            "portal": f"{assets}/{own['portal']}/edit", "django": f"{django}{own['django']}/change/",
            "flask-admin": f"{flask}edit/?id={own['flask-admin']}",
        }),
        Case("csv", "CSV of everything", reach=(1.5, 1.5), is_export=True, addresses={
            "portal": f"{assets}?format=csv",
        }),
    ]  # fmt: skip
