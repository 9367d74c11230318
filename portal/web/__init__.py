from flask import Flask
from werkzeug.routing import IntegerConverter

from portal.config import Settings
from portal.core import i18n
from portal.models import Right
from portal.web import errors, filters, health, static_files, urls
from portal.web.pages import code_addresses, polling
from portal.web.security import headers, hosts, refusals, request_limits, sessions, signing

HTMX_HASH = "sha384-2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg"


class RowId(IntegerConverter):
    """The id of a database row. A larger number, or digits of another script, give 404."""

    regex = "[0-9]{1,10}"

    def __init__(self, url_map, **options):
        super().__init__(url_map, **{"max": 2**31 - 1, **options})


def install(app: Flask, settings: Settings) -> None:
    app.url_map.converters["int"] = RowId
    app.jinja_env.globals.update(
        htmx_url=headers.htmx_url(settings), htmx_hash=HTMX_HASH, Right=Right, bittitan_portal=settings.bittitan.portal
    )
    for part in (
        static_files,
        polling,
        urls,
        request_limits,
        refusals,
        sessions,
        errors,
        filters,
        i18n,
        health,
        signing,
        code_addresses,
    ):
        part.install(app)
    headers.install(app, settings)
    hosts.install(app, settings)
