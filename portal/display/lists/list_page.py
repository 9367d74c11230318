"""A list of assets as a page shows it: from the address to the rows, and back to the addresses of its links."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.display.flash_status import flash_status
from portal.display.lists import asset_columns, asset_export
from portal.display.lists.asset_columns import Layout
from portal.display.lists.asset_list import AssetList
from portal.display.lists.columns import Table
from portal.display.lists.list_address import Address, is_row_id
from portal.models import Account, Asset, User
from portal.services import lists
from portal.services.lists import Choices, Counts, Plan, Query, exports, listed
from portal.services.users import limits
from portal.web.pages.fragments import render_page, render_partial, wants_fragment
from portal.web.pages.polling import is_poll
from portal.web.urls import own_path

SIZES = {"account": 15, "account-own": 15}
"""Where the list is one part of a page among others."""
_UNKNOWN_AGE = 60


def asset_list(
    viewer: User, args: MultiDict, *, path: str, within: Account | None = None, drawn_as: str = "row"
) -> AssetList:
    """Two statements. `args` are those of the address, `path` is where the list stands."""
    address = Address(viewer, args)
    query, choices, counts = _opening(viewer, address, within)
    query = replace(query, size=SIZES.get(drawn_as, lists.PAGE))
    page = lists.page(viewer, query, counts)
    return AssetList(viewer, path, address, query, choices, counts, page, drawn_as)


def answer(
    template: str,
    viewer: User,
    args: MultiDict,
    *,
    path: str,
    within: Account | None = None,
    drawn_as: str = "row",
    **context,
) -> Response | str:
    """The page with its list as `list`; for htmx the block `list`; for a poll the rows that it watches."""
    if is_poll():
        return _poll(viewer, args, path, within, drawn_as)
    if (file := _file(viewer, args, within, drawn_as)) is not None:
        return file
    listing = asset_list(viewer, args, path=path, within=within, drawn_as=drawn_as)
    response = make_response(render_page(template, block="list", list=listing, **context))
    if wants_fragment():
        response.headers["HX-Push-Url"] = listing.here  # without the empty fields of a form
    return response


def export_with_codes(
    viewer: User, args: MultiDict, *, path: str, within: Account | None = None, drawn_as: str = "row"
) -> Response:
    """Whole codes, each recorded as revealed to the viewer before it is sent. Has no place in a GET. Raises
    BudgetSpent."""
    table, found = _table(viewer, args, drawn_as, with_codes=True), _plan(viewer, args, within)
    number = exports.count_codes(found, limits.most_at_once(limits.EXPORTED, viewer))
    limits.check(limits.EXPORTED, by=viewer, cost=number)
    return asset_export.as_csv(lambda: found, table, revealed_to=viewer)


def row_layout(values: MultiDict, viewer: User) -> Layout | None:
    """Of the row that a form or link says it sits in; None for the asset's own page."""
    return asset_columns.layout_of(values.get("as"), viewer)


def row(asset_id: int, layout: Layout) -> str:
    """The fresh row, and the poll of the list around it, which may have to begin."""
    asset = listed.one(current_user, asset_id)
    columns = layout.shown(current_user)
    return render_partial("assets/_row_alone.html", asset=asset, columns=columns, drawn_as=str(layout), here=_around())


def newest_age(assets: list[Asset]) -> float | None:
    """Seconds since the newest purchase that is under way began; None: all have settled."""
    now = datetime.now(UTC)
    attempts = [asset.last_attempt for asset in assets if asset.is_unsettled]
    ages = [(now - attempt.requested_at).total_seconds() if attempt else _UNKNOWN_AGE for attempt in attempts]
    return min(ages, default=None)


def install(app: Flask) -> None:
    app.jinja_env.globals.update(newest_age=newest_age)


def _poll(viewer: User, args: MultiDict, path: str, within: Account | None, word: str) -> str:
    """Two statements. The rows stay where they are, even if they no longer match what the list is filtered by."""
    address = Address(viewer, args)
    query, choices, counts = _opening(viewer, address, within)
    watched = listed.by_ids(viewer, [int(text) for text in args.getlist("watch")[: lists.PAGE] if is_row_id(text)])
    flash_status(watched)
    listing = AssetList(viewer, path, address, query, choices, counts, None, word)
    return render_partial("assets/_poll.html", list=listing, rows=watched)


def _file(viewer: User, args: MultiDict, within: Account | None, word: str) -> Response | None:
    """None if no file was asked for, or none can be made of so many: then the list says so."""
    kind = args.get("format")
    if kind not in ("csv", "xlsx"):
        return None
    if kind == "csv":
        return asset_export.as_csv(lambda: _plan(viewer, args, within), _table(viewer, args, word))
    found = _plan(viewer, args, within)
    return asset_export.as_workbook(found, _table(viewer, args, word)) if asset_export.fits_a_workbook(found) else None


def _table(viewer: User, args: MultiDict, word: str, *, with_codes: bool = False) -> Table:
    layout = asset_columns.layout(word, viewer, Address(viewer, args).columns)
    return layout.table(viewer, with_codes=with_codes)


def _plan(viewer: User, args: MultiDict, within: Account | None) -> Plan:
    query, _choices, counts = _opening(viewer, Address(viewer, args), within)
    return lists.plan(viewer, query, counts)


def _around() -> str | None:
    """The address of the list that the row stands in, as the browser shows it."""
    address = urlsplit(request.headers.get("HX-Current-URL", ""))
    return own_path(address._replace(scheme="", netloc="", fragment="").geturl())


def _opening(viewer: User, address: Address, within: Account | None) -> tuple[Query, Choices, Counts]:
    """One statement: what the address asks for, and how much of it there is."""
    filters = address.filters_of(within)
    choices, counts = lists.opening(viewer, filters)
    query = address.query(filters, choices)
    return query, choices, counts.nothing() if query.filters.is_impossible else counts
