"""The rows of a list of assets: a row of a table for each, and what is alike in all of them, looked up once."""

from collections.abc import Sequence

from flask import Flask, current_app
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from portal.core import clock
from portal.display.badges import Badges
from portal.display.lists.columns import ShownColumn
from portal.display.wording import sync_sentence
from portal.models import Right, User
from portal.services.lists.listed import ListedAsset
from portal.web.language import gettext as _
from portal.web.urls import asset_pattern

_START = '<tr id="asset-%(id)s" data-asset-id="%(id)s" data-version="%(version)s" data-sync-status="%(status)s"'
_EDIT = Markup(
    '<a class="row-act" href="{0}" hx-get="{0}" hx-target="#asset-%(id)s" hx-swap="outerHTML">{1}'
    '<span class="visually-hidden"> %(number)s</span></a>'
)
"""For `%` with numbers, which need no escaping: what a template escapes by itself costs a list of fifty 1 ms."""


class RowView:
    """`layout` is the word with which a form in a row says what it looks like."""

    def __init__(self, viewer: User, columns: Sequence[ShownColumn], layout: str, *, out_of_band: bool):
        self.columns = columns
        self.layout = layout
        self.is_staff = viewer.is_staff
        self.is_editable = viewer.may(Right.PROVISION) or viewer.may(Right.RENAME_ASSETS)
        self.badges = Badges(viewer, generate_csrf(), drawn_as=layout)
        self.today = clock.today()
        self.show = asset_pattern("show")
        self._start = _START + (' hx-swap-oob="true">' if out_of_band else ">")
        edit = asset_pattern("edit", **{"as": layout}) % "%(id)s"
        self._edit = str(_EDIT.format(edit, _("Edit") if self.is_staff else _("Rename")))
        self._reader = viewer

    def start(self, asset: ListedAsset) -> Markup:
        status = asset.sync_status.value
        return Markup(self._start % {"id": asset.id, "version": asset.version, "status": status})

    def edit_link(self, asset: ListedAsset) -> Markup:
        return Markup(self._edit % {"id": asset.id, "number": asset.number})

    def sentence(self, asset: ListedAsset) -> str:
        return sync_sentence(asset, self._reader)


def asset_rows(
    rows: Sequence[ListedAsset],
    columns: Sequence[ShownColumn],
    layout: str,
    viewer: User,
    *,
    out_of_band: bool = False,
) -> Markup:
    view = RowView(viewer, columns, layout, out_of_band=out_of_band)
    told = [(asset, sync_sentence(asset, viewer)) for asset in rows]
    return Markup(
        current_app.jinja_env.get_template("assets/_rows.html").render(rows=told, view=view, out_of_band=out_of_band)
    )


def install(app: Flask) -> None:
    app.jinja_env.globals.update(asset_rows=asset_rows)
