"""Static files as the server of the Procfile sends them: once, compressed, on a connection that stays."""

import gzip
import re

import pytest
import requests

from tests.settings import ROOT

pytestmark = pytest.mark.sqlite  # the server alone decides: once is enough


def test_a_second_page_view_fetches_no_file_again(web):
    with requests.Session() as browser:
        page = browser.get(f"{web.url}/sign-in", timeout=10).text
        files = sorted(set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page)))
        assert files
        for path in files:
            answer = browser.get(f"{web.url}{path}", timeout=10)
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert "Cookie" not in answer.headers["Vary"]
            assert "Set-Cookie" not in answer.headers
        again = browser.get(f"{web.url}/sign-in", timeout=10).text
    assert sorted(set(re.findall(r'(?:href|src)="(/static/[^"#]+)', again))) == files


def test_a_file_is_sent_compressed_and_whole(web):
    head = b"GET /static/css/components.css HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    plain, compressed = web.ask(head + b"\r\n"), web.ask(head + b"Accept-Encoding: gzip\r\n\r\n")
    content = (ROOT / "static/css/components.css").read_bytes()
    assert plain.partition(b"\r\n\r\n")[2] == content
    assert b"Content-Encoding: gzip" in compressed
    assert gzip.decompress(compressed.partition(b"\r\n\r\n")[2]) == content
    assert len(compressed) < len(plain) / 3
