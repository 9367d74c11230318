from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from portal.config import Settings
from portal.models import Right
from portal.web import (
    addresses,
    asset_rows,
    badges,
    bodies,
    clearing_words,
    clocks,
    coupon_words,
    errors,
    filters,
    frame,
    headers,
    health,
    holds,
    language,
    lists,
    past,
    security,
    sessions,
    wording,
    worth,
)

HTMX_CDN = "https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js"
HTMX_HASH = "sha384-2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg"


class RowId(IntegerConverter):
    """An id that a database can hold; anything larger, or in digits of another script, does not exist."""

    regex = "[0-9]{1,10}"

    def __init__(self, url_map, **options):
        super().__init__(url_map, **{"max": 2**31 - 1, **options})


def install(app: Flask, settings: Settings) -> None:
    app.url_map.converters["int"] = RowId
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies)
    htmx_url = settings.htmx_url or HTMX_CDN
    app.jinja_env.globals.update(htmx_url=htmx_url, htmx_hash=HTMX_HASH, Right=Right)
    for part in (
        addresses,
        asset_rows,
        badges,
        bodies,
        security,
        sessions,
        errors,
        filters,
        lists,
        holds,
        wording,
        past,
        coupon_words,
        clearing_words,
        clocks,
        worth,
        frame,
        language,
        health,
    ):
        part.install(app)
    headers.install(app, htmx_url)
