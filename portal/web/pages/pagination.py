"""Lists with search, filters and pages: reads the address, and makes the links to the other pages."""

import unicodedata
from collections.abc import Iterable
from urllib.parse import urlencode

from flask import Response, make_response
from werkzeug.datastructures import MultiDict

from portal.core.paging import Place, Slice
from portal.web.pages.fragments import render_page, wants_fragment

LONGEST = 200


class Paged:
    def __init__(self, args: MultiDict, *, path: str, names: Iterable[str]):
        self.path = path
        self._args = args
        self.kept = {name: text for name in names if (text := _clean(args.get(name)))}
        """What every link contains: search, filters and order, without the place in the list."""
        self.slice: Slice | None = None

    @property
    def place(self) -> Place:
        return Place(self._args.get("after"), self._args.get("before"), self._args.get("last") == "1")

    @property
    def here(self) -> str:
        """The address of this page of the list."""
        return self.href({name: self._args[name] for name in ("after", "before", "last") if self._args.get(name)})

    @property
    def first(self) -> str | None:
        is_past_the_first = self.slice.before or (self.slice.has_come_from_somewhere and not self.slice.rows)
        return self.href({}) if is_past_the_first else None

    @property
    def back(self) -> str | None:
        return self.href({"before": self.slice.before}) if self.slice.before else None

    @property
    def next(self) -> str | None:
        return self.href({"after": self.slice.after}) if self.slice.after else None

    @property
    def last(self) -> str | None:
        return self.href({"last": "1"}) if self.slice.after else None

    def hidden(self, *own: str) -> list[tuple[str, str]]:
        """Returns the hidden fields of a form: all that is set, except the form's own fields."""
        return [(name, value) for name, value in self.kept.items() if name not in own]

    def href(self, changes: dict[str, str], *drop: str) -> str:
        """Returns the address with these changes, at page one."""
        query = {name: value for name, value in self.kept.items() if name not in drop} | changes
        return f"{self.path}?{urlencode(query)}" if query else self.path


def render_list(template: str, shown: Paged, **context: object) -> Response:
    """Returns the page with its list as `list`; for htmx the block `list` and the address that belongs to it."""
    response = make_response(render_page(template, block="list", list=shown, **context))
    if wants_fragment():
        response.headers["HX-Push-Url"] = shown.here
    return response


def _clean(text: str | None) -> str:
    """Without controls. Marks without a width stay: they are part of names in some scripts, and of emoji."""
    marks = " ".join((text or "").split())
    return "".join(mark for mark in marks if mark.isprintable() or unicodedata.category(mark) == "Cf")[:LONGEST]
