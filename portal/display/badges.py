"""The badge of an asset's sync status (macros/assets.html): what is alike in all badges of a page, looked up once."""

from typing import Protocol

from flask import Flask
from markupsafe import Markup

from portal.display.layout import icon
from portal.display.wording import STATUS
from portal.models import Right, SyncStatus
from portal.web.language import gettext as _
from portal.web.urls import asset_pattern


class Looking(Protocol):
    is_staff: bool

    def may(self, right: Right) -> bool: ...


class Badges:
    """In a row `drawn_as`, beside a heading `is_solid`."""

    def __init__(self, viewer: Looking, csrf_token: str, *, drawn_as: str = "", is_solid: bool = False):
        self.csrf_token = csrf_token
        self.drawn_as = drawn_as
        self.is_solid = is_solid
        self.may_press = viewer.may(Right.PROVISION)
        self.may_review = viewer.is_staff
        self.faces = {status.value: icon(status.value) + str(STATUS[status]) for status in SyncStatus}
        self.plain = {status: self._plain(status) for status in self.faces}
        """Badges that say something and do nothing: most of them."""
        if self.may_press:
            self.sync = asset_pattern("sync")
            self.press = icon("retry") + (_("Synchronize again") if is_solid else _("Retry"))
            self.ask = icon("retry") + (_("Synchronize…") if is_solid else _("Retry…"))
        if self.may_review:
            self.review = asset_pattern("review")

    def _plain(self, status: str) -> Markup:
        solid = " badge--solid" if self.is_solid and status == "synchronized" else ""
        return Markup('<span class="badge badge--{}{}">{}</span>').format(status, solid, self.faces[status])


def install(app: Flask) -> None:
    app.jinja_env.globals.update(badges_of=Badges)
