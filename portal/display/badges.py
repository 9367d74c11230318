"""The badge of an asset's sync status: what is alike in all badges of a page is put together once."""

from typing import Protocol

from flask import Flask
from markupsafe import Markup

from portal.core.i18n import gettext as _
from portal.display.layout import icon
from portal.display.wording import STATUS
from portal.display.wording.storefront_words import WORDS, State, state_of
from portal.models import Asset, Right, SyncStatus
from portal.services.lists.listed_asset import ListedAsset
from portal.web.urls import asset_pattern

_FIELD = Markup('<input type="hidden" name="{}" value="{}">')
_NUMBER = '<span class="visually-hidden"> %(number)s</span>'
_PRESS = Markup(
    '<form method="post" action="{0}" hx-post="{0}" hx-target="#asset-%(id)s" hx-swap="outerHTML">'
    '{1}<input type="hidden" name="version" value="%(version)s">{2}'
    '<button class="badge badge--failed">{3} <span class="badge__act">{4}</span>' + _NUMBER + "</button></form>"
)
_ASK = Markup('<a class="badge badge--failed" href="{0}">{1} <span class="badge__act">{2}</span>' + _NUMBER + "</a>")
_REVIEW = Markup('<a class="badge badge--review" href="{0}">{1}' + _NUMBER + "</a>")
"""For `%` with what differs from asset to asset: numbers, which need no escaping. A list has fifty badges, and a macro
for each would cost a page 1 ms."""
_ICONS = {
    State.REDEEMED: "synchronized",
    State.REVOKED: "close",
    State.BEING_CANCELLED: "close",
    State.CANCELLED: "close",
}


class BadgeViewer(Protocol):
    is_staff: bool

    def may(self, right: Right) -> bool: ...


class Badges:
    """`row_layout` names the layout of the list row that holds the badge; `is_solid` is for a badge beside a
    heading."""

    def __init__(self, viewer: BadgeViewer, csrf_token: str, *, row_layout: str = "", is_solid: bool = False):
        self.is_solid = is_solid
        self.may_press = viewer.may(Right.PROVISION)
        self.is_staff = viewer.is_staff
        self.faces = {status.value: icon(status.value) + str(STATUS[status]) for status in SyncStatus}
        self.plain = {status: self._plain(status) for status in self.faces}
        """Badges without a button or link: most of them."""
        if self.may_press:
            act = (_("Synchronize again"), _("Synchronize…")) if is_solid else (_("Retry"), _("Retry…"))
            press, ask = (icon("retry") + text for text in act)
            address = asset_pattern("sync") % "%(id)s"
            layout = _FIELD.format("as", row_layout) if row_layout else ""
            token = _FIELD.format("csrf_token", csrf_token)
            self._press = _PRESS.format(address, token, layout, self.faces["failed"], press)
            self._ask = _ASK.format(address, self.faces["failed"], ask)
        self.states = {} if viewer.is_staff else {state: self._of_state(state) for state in State}
        if self.is_staff:
            self._review = _REVIEW.format(asset_pattern("review") % "%(id)s", self.faces["review"])

    def of(self, asset: Asset | ListedAsset) -> Markup:
        """For staff the badge of a failed asset is the button that synchronizes, that of one in review leads there."""
        if not self.is_staff:
            return self.states[state_of(asset)]
        if self.may_press and asset.may_sync:
            pattern = self._ask if asset.asks_if_bought else self._press
        elif asset.sync_status is SyncStatus.REVIEW:
            pattern = self._review
        else:
            return self.plain[asset.sync_status.value]
        return Markup(str(pattern) % {"id": asset.id, "version": asset.version, "number": asset.number})

    def _plain(self, status: str) -> Markup:
        solid = " badge--solid" if self.is_solid and status == "synchronized" else ""
        return Markup('<span class="badge badge--{}{}">{}</span>').format(status, solid, self.faces[status])

    def _of_state(self, state: State) -> Markup:
        solid = " badge--solid" if self.is_solid and state is State.READY else ""
        face = icon(_ICONS.get(state, state.value)) + str(WORDS[state])
        return Markup('<span class="badge badge--{}{}">{}</span>').format(state.value, solid, face)


def install(app: Flask) -> None:
    app.jinja_env.globals.update(badges_of=Badges)
