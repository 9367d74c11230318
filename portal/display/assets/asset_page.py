"""Renders one asset: as a page, as its article, as the list row in which the user clicked, or as its code panel."""

from collections.abc import Callable

from flask import flash, redirect, request
from flask_login import current_user

from portal.core import access
from portal.display.flash_status import flash_current_state, flash_status
from portal.display.lists import list_page
from portal.models import Asset
from portal.web.forms.action_forms import ActForm, EditForm
from portal.web.pages.fragments import render_page, render_partial, wants_fragment
from portal.web.pages.polling import is_poll
from portal.web.urls import asset_page, asset_url


class AssetPage:
    """The asset page of one area. `more` returns what the area's templates need besides the asset."""

    def __init__(self, template: str, *, code_panel: str, more: Callable[[Asset], dict] = lambda asset: {}):
        self._template = template
        self._code_panel = code_panel
        self._more = more

    def article(self, asset: Asset, **context) -> str:
        return render_page(self._template, block="article", asset=asset, **self._more(asset), **context)

    def show(self, asset: Asset) -> str:
        layout = list_page.requested_layout(request.args, current_user)
        if is_poll():
            flash_status([asset], current_user)
        return list_page.row(asset.id, layout) if layout and wants_fragment() else self.article(asset)

    def editing(self, asset: Asset, form: EditForm, **context) -> str:
        layout = list_page.requested_layout(request.values, current_user)
        if layout is None or not wants_fragment():
            return self.article(asset, form=form, **context)
        columns = [column.name for column in layout.columns(current_user)]
        return render_partial(
            "assets/_row_editing.html", asset=asset, form=form, row_layout=str(layout), columns=columns,
            **self._more(asset), **context,
        )  # fmt: skip

    def code(self, asset: Asset, code: str | None):
        """Shows the revealed code, or hides it again (None)."""
        if wants_fragment():
            return render_partial(self._code_panel, asset=asset, code=code, **self._more(asset))
        return self.article(asset, code=code) if code else redirect(asset_url(asset), code=303)

    def fresh(self, asset_id: int, status: int = 200):
        if status == 200 and not wants_fragment():
            return redirect(asset_page(asset_id), code=303)
        layout = list_page.requested_layout(request.form, current_user)
        if layout and wants_fragment():
            return list_page.row(asset_id, layout), status
        asset = access.visible_asset(current_user, asset_id)
        return self.article(asset), status, {"HX-Replace-Url": asset_url(asset)} if status == 200 else {}

    def done(self, asset_id: int, form: ActForm, sentence: str):
        """Shows the sentence, or on a refusal the asset's current state, as 409."""
        if form.refusal is None:
            flash(sentence, "positive")
            return self.fresh(asset_id)
        flash_current_state(access.visible_asset(current_user, asset_id), current_user, form.refusal)
        return self.fresh(asset_id, 409)
