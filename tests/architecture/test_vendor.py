import hashlib
from base64 import b64encode
from pathlib import Path

from portal import web
from portal.web.security import headers

ROOT = Path(__file__).parents[2]
VERSION = "2.0.11"
INTEGRITY = "sha384-2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg"


def test_the_kept_htmx_is_byte_for_byte_what_the_page_asks_the_cdn_for():
    content = (ROOT / "static/vendor/htmx.min.js").read_bytes()

    assert f"sha384-{b64encode(hashlib.sha384(content).digest()).decode()}" == INTEGRITY


def test_the_page_names_the_same_htmx():
    base = (ROOT / "templates/base.html").read_text()

    assert web.HTMX_HASH == INTEGRITY
    assert f"htmx.org@{VERSION}/dist/htmx.min.js" in headers.HTMX_CDN
    assert 'integrity="{{ htmx_hash }}" crossorigin="anonymous"' in base
