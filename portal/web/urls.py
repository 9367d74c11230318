"""Builds addresses of this portal, and checks which addresses a user may be redirected to."""

from functools import lru_cache
from urllib.parse import urlsplit

import flask
from flask import Flask, current_app, g, request
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from portal.models import Asset
from portal.web import static_files

LONGEST = 2000
_ANY_ID = 2**31 - 1


def install(app: Flask) -> None:
    app.jinja_env.globals.update(url_for=url_for, asset_pattern=asset_pattern, asset_url=asset_url)


def url_for(endpoint: str, **values) -> str:
    """Flask's `url_for` with a cache for static files and for pages without values. A page names fifty of these, always
    the same: the cache saves 0.4 ms of CPU on a list, 0.7 ms on the work queue."""
    is_always_the_same = endpoint == "static" or not values
    if is_always_the_same and not endpoint.startswith("."):
        return _known_url(base(), endpoint, **values)
    return flask.url_for(endpoint, **values)


def base() -> tuple[str, str]:
    """What an address depends on besides its values. Every cache of addresses needs this in its key."""
    return request.script_root, static_files.version()


@lru_cache(maxsize=500)
def _known_url(_base: tuple[str, str], endpoint: str, **values) -> str:
    return flask.url_for(endpoint, **values)


def asset_pattern(act: str = "show", **values) -> str:
    """Returns a pattern for the address of an asset's page in the viewer's area. Use it as `pattern % asset_id`."""
    patterns = g.setdefault("asset_patterns", {})
    key = (act, *values.items())
    if key not in patterns:
        area = "bss" if current_user.is_staff else "storefront"
        patterns[key] = pattern(f"{area}.assets.{act}", "asset_id", **values)
    return patterns[key]


def pattern(endpoint: str, argument: str, **values) -> str:
    """Returns a pattern for the addresses of many rows, whose ids are this argument. Use it as `pattern % row_id`."""
    address = flask.url_for(endpoint, **{argument: _ANY_ID}, **values)
    return address.replace("%", "%%").replace(str(_ANY_ID), "%s")


def asset_page(asset_id: int, act: str = "show", **values) -> str:
    return asset_pattern(act, **values) % asset_id


def asset_url(asset: Asset, act: str = "show", **values) -> str:
    return asset_page(asset.id, act, **values)


def own_path(text: str | None) -> str | None:
    """Returns the text if it is the path of a page of this portal, else None: never another host, never a script."""
    text = text or ""
    if not text.startswith("/") or text.startswith("//") or len(text) > LONGEST:
        return None
    if "\\" in text or not text.isprintable() or " " in text:
        return None
    return text if _opens(urlsplit(text).path) else None


def nearest_page(path: str) -> str | None:
    """Returns the path if GET can open it, else the nearest path above it that GET can open. None if there is none."""
    while path not in ("", "/"):
        if _opens(path):
            return path
        path = path.rstrip("/").rpartition("/")[0]
    return None


def here() -> str:
    """Returns path and query of this request."""
    return request.full_path.rstrip("?")


def _opens(path: str) -> bool:
    """Whether GET finds a page at this path."""
    try:
        current_app.create_url_adapter(request).match(path, method="GET")
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True
