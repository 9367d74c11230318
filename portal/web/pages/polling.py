"""Polling: a page reloads its changing parts at growing intervals and receives only what changed.

What a poll costs, besides 0.6 kB of headers (bounds: tests/web/test_polling.py; before and after: docs/performance.md):

    nothing changed          0.3 kB: the link that polls; 0.6 kB on the page of a retry
    a bulk retry under way   1.7 kB for its numbers, and 0.8 kB for each row on the page that changed
    anything else changed    the region once: 0.7 kB for a request, 1.4 for an import, 6 for an asset or the work queue

The back-off rule is `interval`: a sixth of the time since the last change, at least 2 seconds (1 while a person waits
for BitTitan’s answer, 15 for the work queue) and at most 60. The view states the time since the last change (`age`), or
else the page measures it. A page stops polling two hours after it was opened; a session that only polls has expired by
then, too.

How a template polls: `{% call polled() %}` encloses a region with one root element that has an id, and inside it
`{{ look_again(region, address) }}` draws the link. Without JavaScript the link reloads the page.
`{% filter part %}` marks an element with an id that may be sent alone; parts may contain parts.
`{% filter aside %}` holds what an answer brings for other places of the page.

How an answer knows what changed: the link sends digests of what the page shows. The server renders the region as usual
and compares its frame (all that is outside of parts), then each part. If the frame changed, the whole region is sent.
So every change is noticed, whatever a template shows, and the server stores nothing.
"""

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from flask import Flask, Response, after_this_request, g, request
from markupsafe import Markup

from portal.core.i18n import gettext as _

HEADER = "X-Poll"
SHORTEST, LONGEST, SHARE = 2, 60, 6
"""Shortest and longest interval in seconds; the interval is the time since the last change, divided by SHARE."""
OPEN_FOR = 2 * 60 * 60
"""Seconds for which an open page polls."""
_DIGEST = 6
"""Characters: 36 bits. A wrong match would show an old value until the next change."""
_MOST_DIGESTS = 500
_SECRET = secrets.token_hex(8)
_PLACE_OF_LINK = f"<!--{_SECRET}-->"
_PART = re.compile(rf"<!--{_SECRET}:([^>]+)-->")
"""Placeholders in the rendered region. They hold a secret, so that no text of a page can contain them."""
_LINK = Markup(
    '<a id="{0}-look" href="{1}" hx-get="{1}" hx-trigger="load delay:{2}s" hx-target="#{0}" hx-swap="outerHTML"'
    """ hx-headers='{{"{3}":"{4}"}}'{5}>{6}</a>"""
)
_TAG_WITH_ID = re.compile(r'<[^<>]*?\sid="([^"]+)"')


class Sent(NamedTuple):
    """What the polling page says of itself in `X-Poll`."""

    open_for: int = 0
    unchanged_for: int = 0
    digests: frozenset[str] = frozenset()

    @classmethod
    def now(cls) -> Self:
        if "HX-Request" not in request.headers:  # a whole page is being rendered: the browser shows nothing of it yet
            return cls()
        opened, _dot, rest = request.headers.get(HEADER, "").partition(".")
        unchanged, _dot, text = rest.partition(".")
        places = range(0, min(len(text), _MOST_DIGESTS * _DIGEST), _DIGEST)
        return cls(_seconds(opened), _seconds(unchanged), frozenset(text[place : place + _DIGEST] for place in places))


class Link(NamedTuple):
    region: str
    url: str
    age: float | None
    shortest: int
    include: str

    def drawn(self, digests: str, unchanged_for: int, *, is_out_of_band: bool) -> Markup:
        seconds = interval(unchanged_for if self.age is None else self.age, self.shortest)
        state = f"{page_age() + seconds}.{unchanged_for + seconds}.{digests}"
        more = Markup(' hx-include="{}"').format(self.include) if self.include else Markup("")
        more += Markup(' hx-swap-oob="true"') if is_out_of_band else ""
        return _LINK.format(self.region, self.url, seconds, HEADER, state, more, _("Reload"))


@dataclass
class Region:
    """The polled region of the template that is being rendered."""

    parts: dict[str, str] = field(default_factory=dict)
    asides: list[str] = field(default_factory=list)
    link: Link | None = None
    frame: str = ""

    def digests(self) -> dict[str, str]:
        """Returns the digest of the frame, each part and each aside. Ignores the CSRF token, which always differs."""
        token = g.get("csrf_token")
        drawn = (self.frame, *self.parts.values(), *self.asides)
        return {html: _digest(html.replace(token, "") if token else html) for html in drawn}

    def whole(self, html: str) -> str:
        return _PART.sub(lambda match: self.whole(self.parts[match[1]]), html)

    def changed(self, html: str, is_known: Callable[[str], bool]) -> Iterator[str]:
        """Yields the changed parts within an unchanged frame or part."""
        for name in _PART.findall(html):
            inner = self.parts[name]
            if is_known(inner):
                yield from self.changed(inner, is_known)
            else:
                yield _out_of_band(self.whole(inner))


def install(app: Flask) -> None:
    app.jinja_env.globals.update(polled=polled, look_again=look_again, page_age=page_age)
    app.jinja_env.filters.update(part=part, aside=aside)


def is_poll() -> bool:
    """Whether a page polls. A poll does not prolong the session."""
    return HEADER in request.headers


def interval(age: float, shortest: int = SHORTEST) -> int:
    """Returns the seconds until the next poll, `age` seconds after the last change."""
    return int(min(max(shortest, age / SHARE), LONGEST))


def page_age() -> int:
    """Returns the seconds since the polling page was opened."""
    return Sent.now().open_for


def polled(caller: Callable[[], str]) -> Markup:
    """Returns the region; for a poll whose frame did not change, only the changed parts."""
    outer, g.polled_region = g.get("polled_region"), (region := Region())
    region.frame = str(caller())
    g.polled_region = outer
    digests, sent = region.digests(), Sent.now()
    asides = [html for html in region.asides if digests[html] not in sent.digests]
    if digests[region.frame] not in sent.digests:
        answer = [region.whole(region.frame), *asides]
        return Markup(_with_link("".join(answer), region, digests, unchanged_for=0))
    changed = [*region.changed(region.frame, lambda html: digests[html] in sent.digests), *asides]
    after_this_request(_swap_nothing_else)
    unchanged_for = 0 if changed else sent.unchanged_for
    return Markup(_with_link("".join(changed), region, digests, unchanged_for=unchanged_for))


def look_again(
    region: str, url: str, *, says: str = "", age: float | None = None, shortest: int = SHORTEST, include: str = ""
) -> Markup:
    """Returns the link that polls, with the sentence `says` before it. `age`: seconds since the last change, if known.
    `include`: a CSS selector of fields to send along."""
    if page_age() >= OPEN_FOR:
        over = _("This page has been open for a long time, so it is no longer updated automatically.")
        return Markup('{} <a href="{}">{}</a>').format(over, url, _("Reload"))
    link, enclosing = Link(region, url, age, shortest, include), g.get("polled_region")
    if enclosing is None:  # only a part of the region is rendered: the first poll brings all of it
        return Markup("{} {}").format(says, link.drawn("", 0, is_out_of_band=False))
    enclosing.link = link
    return Markup("{} {}").format(says, Markup(_PLACE_OF_LINK))


def part(html: str) -> Markup:
    """Marks an element with an id that is sent alone if it alone changed."""
    name = _TAG_WITH_ID.match(html.lstrip())[1]
    g.polled_region.parts[name] = str(html).strip()
    return Markup(f"<!--{_SECRET}:{name}-->")


def aside(html: str) -> Markup:
    """Marks HTML that is swapped out of band, outside of the region, if it changed."""
    g.polled_region.asides.append(str(html))
    return Markup("")


def _with_link(html: str, region: Region, digests: dict[str, str], *, unchanged_for: int) -> str:
    if region.link is None:
        return html
    text, is_alone = "".join(digests.values()), _PLACE_OF_LINK not in html
    link = str(region.link.drawn(text, unchanged_for, is_out_of_band=is_alone))
    return html + link if is_alone else html.replace(_PLACE_OF_LINK, link)


def _out_of_band(html: str) -> str:
    """Wraps the element in `<template>`, because the parser drops a table row outside of a table."""
    tag = re.match(r"<\w+", html)[0]
    return f'<template>{tag} hx-swap-oob="true"{html.removeprefix(tag)}</template>'


def _digest(html: str) -> str:
    """The same in every process, because it leaves out the process's secret."""
    html = html.replace(_SECRET, "")
    return urlsafe_b64encode(hashlib.blake2b(html.encode(), digest_size=6).digest()).decode()[:_DIGEST]


def _seconds(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _swap_nothing_else(response: Response) -> Response:
    response.headers["HX-Reswap"] = "none"
    return response
