"""The rows of a list of assets: a row of a table for each, and what is alike in all of them, looked up once."""

from collections.abc import Sequence

from flask import Flask, current_app
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from portal.core import clock
from portal.display.badges import Badges
from portal.display.lists.columns import ShownColumn
from portal.display.wording import sync_sentence
from portal.models import Right, SyncStatus, User
from portal.services.lists.listed import ListedAsset
from portal.web.language import gettext as _
from portal.web.urls import asset_pattern


class RowView:
    """`layout` is the word with which a form in a row says what it looks like."""

    def __init__(self, viewer: User, columns: Sequence[ShownColumn], layout: str):
        self.columns = columns
        self.layout = layout
        self.is_staff = viewer.is_staff
        self.is_editable = viewer.may(Right.PROVISION) or viewer.may(Right.RENAME_ASSETS)
        self.badges = Badges(viewer, generate_csrf(), drawn_as=layout)
        self.acting = (SyncStatus.FAILED, SyncStatus.REVIEW)
        """Where a badge may be a button or a link."""
        self.today = clock.today()
        self.show = asset_pattern("show")
        self.edit = asset_pattern("edit", **{"as": layout})
        self.edit_text = _("Edit") if self.is_staff else _("Rename")
        self._reader = viewer

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
    view = RowView(viewer, columns, layout)
    told = [(asset, sync_sentence(asset, viewer)) for asset in rows]
    return Markup(
        current_app.jinja_env.get_template("assets/_rows.html").render(rows=told, view=view, out_of_band=out_of_band)
    )


def install(app: Flask) -> None:
    app.jinja_env.globals.update(asset_rows=asset_rows)
