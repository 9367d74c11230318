"""Where somebody may be sent: addresses of this portal only."""

from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

LONGEST = 2000


def own_path(text: str | None) -> str | None:
    """The text, if it is a path of this portal that can be opened; never another host's, nor a script."""
    text = text or ""
    if not text.startswith("/") or text.startswith("//") or len(text) > LONGEST:
        return None
    if "\\" in text or not text.isprintable() or " " in text:
        return None
    return text if _opens(urlsplit(text).path) else None


def way_back(path: str) -> str | None:
    """The page to which an act belongs: its own address where that can be opened, else the nearest above it."""
    while path not in ("", "/"):
        if _opens(path):
            return path
        path = path.rstrip("/").rpartition("/")[0]
    return None


def here() -> str:
    """Path and query of this request."""
    return request.full_path.rstrip("?")


def _opens(path: str) -> bool:
    """Is there a page at this path?"""
    try:
        current_app.create_url_adapter(request).match(path, method="GET")
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True
