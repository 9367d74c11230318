"""The routes of price lists, for the blueprint of each area."""

from flask import Blueprint

from portal.display.prices.pages import PriceListPages
from portal.models import Right
from portal.services.catalog.price_lines import MOST_LINES
from portal.web.security.guards import requires
from portal.web.security.request_limits import takes_fields

MOST_FIELDS = 5 * MOST_LINES
_LIST = "/<int:list_id>"
ROUTES = (
    ("", "index", ("GET",)),
    ("/searches", "search", ("POST",)),
    ("/new", "new", ("GET", "POST")),
    ("/reasons", "why", ("GET", "POST")),
    (_LIST, "edit", ("GET", "POST")),
    (f"{_LIST}/imports", "imports", ("GET", "POST")),
    (f"{_LIST}/copies", "copy", ("POST",)),
    (f"{_LIST}/ends", "end", ("POST",)),
    (f"{_LIST}/deletions", "discard", ("POST",)),
    (f"{_LIST}/accounts", "assign", ("POST",)),
    (f"{_LIST}/accounts/<int:account_id>/deletions", "unassign", ("POST",)),
)
"""Rule, the method of PriceListPages that answers, and HTTP methods."""


def blueprint(area: str, name: str, url_prefix: str) -> Blueprint:
    bp = Blueprint(name, __name__, url_prefix=url_prefix)
    pages = PriceListPages(f"{area}.{name}")
    for rule, view, methods in ROUTES:
        guarded = requires(Right.SET_PRICES)(getattr(pages, view))
        if view == "edit":
            guarded = takes_fields(MOST_FIELDS, Right.SET_PRICES)(guarded)
        bp.add_url_rule(rule, view, guarded, methods=methods)
    return bp
