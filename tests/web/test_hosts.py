"""To which names the portal answers, and what of a proxy it believes."""

import pytest

from portal.web.security import headers
from portal.web.security.hosts import is_trusted
from tests.apps import opened
from tests.settings import make_settings

pytestmark = pytest.mark.sqlite  # the name alone decides: once is enough
EVIL = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Server": "evil.example",
    "Forwarded": "host=evil.example;proto=https",
    "X-Script-Name": "/evil",
}
TRUSTED = ("localhost", "[::1]", "portal.example", "one.example:8443", ".many.example")


@pytest.mark.parametrize(
    "host, is_ours",
    [
        ("portal.example", True), ("PORTAL.example:8000", True), ("portal.example.", True), ("[::1]:8000", True),
        ("one.example:8443", True), ("one.example", False), ("one.example:8444", False),
        ("a.many.example", True), ("many.example", False), ("manymany.example", False),
        ("", False), ("evil.example", False), ("portal.example.evil.example", False),
        ("portal.example@evil.example", False), ("portal.example, evil.example", False),
        ("portal.example:80evil", False), ("evil.example/portal.example", False),
        ("portal.example\tevil", False), ("[::2]", False), ("portal.example:", False), ("portal.exämple", False),
    ],
)  # fmt: skip
def test_a_host_is_trusted_by_its_whole_name(host, is_ours):
    assert is_trusted(host, TRUSTED) is is_ours


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/bss/billing/assets", "/metrics", "/static/css/base.css", "/nothing"]
)
def test_another_name_is_refused_before_anything_is_asked(app, sql, path):
    with sql() as statements:
        answer = app.test_client().get(path, headers={"Host": "evil.example"})
    assert (answer.status_code, statements) == (400, [])
    assert "TRUSTED_HOSTS" in answer.text
    assert "evil.example" not in answer.text
    for name, value in headers.of_every_answer(app.config["PORTAL"]).items():
        assert answer.headers[name] == value


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_told_by_any_name(app, path):
    assert app.test_client().get(path, headers={"Host": "10.1.2.3:8000"}).status_code == 200


def test_links_lead_to_a_trusted_name_whatever_a_proxy_is_said_to_say(browse, world):
    """An administrator's one-time link, made while somebody sends all the heads that name another host."""
    browser = browse("dora")
    for name, value in EVIL.items():
        browser.client.environ_base[f"HTTP_{name.upper().replace('-', '_')}"] = value
    page = browser.open("accounts.users.edit", account_id=world.customer.id, user_id=world.carl.id)
    made = browser.submit(page, "Make a new link")
    assert made.one("#link-value").get_text().startswith("http://localhost/links/")


@pytest.mark.parametrize(
    "proxies, address, scheme", [(0, "127.0.0.1", "http"), (1, "9.9.9.9", "https"), (2, "8.8.8.8", "https")]
)
def test_a_proxy_is_believed_as_far_as_it_was_named(database_url, tmp_path, proxies, address, scheme):
    sent = EVIL | {"X-Forwarded-For": "7.7.7.7, 8.8.8.8, 9.9.9.9", "X-Forwarded-Proto": "https, https"}
    with opened(make_settings(database_url, tmp_path, TRUSTED_PROXIES=str(proxies))) as app:
        seen = {}

        @app.before_request
        def look():
            from flask import request

            seen.update(address=request.remote_addr, scheme=request.scheme, host=request.host, root=request.script_root)

        app.test_client().get("/sign-in", headers=sent)
    assert seen == {"address": address, "scheme": scheme, "host": "localhost", "root": ""}


def test_scripts_come_from_the_portal_and_one_file(app, database_url, tmp_path):
    policy = app.test_client().get("/sign-in").headers["Content-Security-Policy"]
    assert f"script-src 'self' {headers.HTMX_CDN};" in policy
    with opened(make_settings(database_url, tmp_path, HTMX_URL="/static/vendor/htmx.min.js")) as own:
        assert "script-src 'self';" in own.test_client().get("/sign-in").headers["Content-Security-Policy"]
