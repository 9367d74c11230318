"""The pages of asset lists: reads the address, queries the list, and answers with a page, fragment, poll or file."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.display.flash_status import flash_status
from portal.display.lists import asset_columns, asset_export
from portal.display.lists.asset_columns import CONTACTS, Layout
from portal.display.lists.asset_list import AssetList, asked_layout
from portal.display.lists.columns import Table
from portal.display.lists.list_address import Address, is_row_id
from portal.models import Account, Asset, User
from portal.services import limits, lists
from portal.services.lists import Choices, Counts, Plan, Query, exports, listed_asset
from portal.web.pages.fragments import render_page, render_partial, wants_fragment
from portal.web.pages.polling import is_poll
from portal.web.urls import own_path

SIZES = {"account": 15, "account-own": 15}
"""Rows per page, for lists that are only a part of their page."""
_UNKNOWN_AGE = 60


def asset_list(
    viewer: User, args: MultiDict, *, path: str, within: Account | None = None, row_layout: str = "row"
) -> AssetList:
    """Runs two SQL statements. `args` are the parameters of the address, `path` is the address of the list."""
    address = Address(viewer, args)
    query, choices, counts = _opening(viewer, address, within)
    with_contacts = CONTACTS in asked_layout(row_layout, viewer, address).chosen
    query = replace(query, size=SIZES.get(row_layout, lists.PAGE), with_contacts=with_contacts)
    page = lists.page(viewer, query, counts)
    return AssetList(viewer, path, address, query, choices, counts, page, row_layout)


def answer(
    template: str,
    viewer: User,
    args: MultiDict,
    *,
    path: str,
    within: Account | None = None,
    row_layout: str = "row",
    **context,
) -> Response | str:
    """Returns the page with its list as `list`; for htmx the block `list`; for a poll the rows that it watches; or the
    file that `format` asks for."""
    if is_poll():
        return _poll(viewer, args, path, within, row_layout)
    if (file := _file(viewer, args, within, row_layout)) is not None:
        return file
    listing = asset_list(viewer, args, path=path, within=within, row_layout=row_layout)
    response = make_response(render_page(template, block="list", list=listing, **context))
    if wants_fragment():
        response.headers["HX-Push-Url"] = listing.here  # without the empty fields of a form
    return response


def export_with_codes(
    viewer: User, args: MultiDict, *, path: str, within: Account | None = None, row_layout: str = "row"
) -> Response:
    """Exports whole codes; each is recorded as revealed to the viewer before it is sent. Must not be called by a GET.
    Raises BudgetSpent."""
    table, plan = _table(viewer, args, row_layout, with_codes=True), _plan(viewer, args, within)
    count = exports.count_codes(plan, limits.most_at_once(limits.EXPORTED, viewer))
    limits.check(limits.EXPORTED, by=viewer, cost=count)
    return asset_export.as_csv(lambda: plan, table, revealed_to=viewer)


def requested_layout(values: MultiDict, viewer: User) -> Layout | None:
    """Returns the layout of the row that the form or link belongs to; None for the asset's own page."""
    return asset_columns.layout_of(values.get("as"), viewer)


def row(asset_id: int, layout: Layout) -> str:
    """Returns the current row, and the polling link of its list, because polling may have to start."""
    asset = listed_asset.one(current_user, asset_id)
    columns = layout.shown(current_user)
    return render_partial(
        "assets/_row_alone.html", asset=asset, columns=columns, row_layout=str(layout), here=_list_address()
    )


def newest_age(assets: list[Asset]) -> float | None:
    """Returns the seconds since the newest open purchase was requested; None if all have settled."""
    now = datetime.now(UTC)
    attempts = [asset.last_attempt for asset in assets if asset.is_unsettled]
    ages = [(now - attempt.requested_at).total_seconds() if attempt else _UNKNOWN_AGE for attempt in attempts]
    return min(ages, default=None)


def install(app: Flask) -> None:
    app.jinja_env.globals.update(newest_age=newest_age)


def _poll(viewer: User, args: MultiDict, path: str, within: Account | None, row_layout: str) -> str:
    """Runs two SQL statements. The rows stay in place, even if they no longer match the list's filters."""
    address = Address(viewer, args)
    query, choices, counts = _opening(viewer, address, within)
    watched = listed_asset.by_ids(
        viewer, [int(text) for text in args.getlist("watch")[: lists.PAGE] if is_row_id(text)]
    )
    flash_status(watched, viewer)
    listing = AssetList(viewer, path, address, query, choices, counts, None, row_layout)
    return render_partial("assets/_poll.html", list=listing, rows=watched)


def _file(viewer: User, args: MultiDict, within: Account | None, row_layout: str) -> Response | None:
    """Returns the file that the address asks for. None if it asks for none, or for a workbook of too many assets; the
    list then says so."""
    kind = args.get("format")
    if kind not in ("csv", "xlsx"):
        return None
    if kind == "csv":
        return asset_export.as_csv(lambda: _plan(viewer, args, within), _table(viewer, args, row_layout))
    plan = _plan(viewer, args, within)
    return (
        asset_export.as_workbook(plan, _table(viewer, args, row_layout)) if asset_export.fits_a_workbook(plan) else None
    )


def _table(viewer: User, args: MultiDict, row_layout: str, *, with_codes: bool = False) -> Table:
    return asked_layout(row_layout, viewer, Address(viewer, args)).table(viewer, with_codes=with_codes)


def _plan(viewer: User, args: MultiDict, within: Account | None) -> Plan:
    query, _choices, counts = _opening(viewer, Address(viewer, args), within)
    return lists.plan(viewer, query, counts)


def _list_address() -> str | None:
    """Returns the address of the list that holds the row, as the browser shows it."""
    address = urlsplit(request.headers.get("HX-Current-URL", ""))
    return own_path(address._replace(scheme="", netloc="", fragment="").geturl())


def _opening(viewer: User, address: Address, within: Account | None) -> tuple[Query, Choices, Counts]:
    """Runs one SQL statement. Returns the query of the address, its filter choices, and its counts."""
    filters = address.filters_of(within)
    choices, counts = lists.opening(viewer, filters)
    query = address.query(filters, choices)
    return query, choices, counts.nothing() if query.filters.is_impossible else counts
