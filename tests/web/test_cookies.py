"""What the browser keeps: under which name, and how it is signed."""

import hashlib

import pytest
from itsdangerous import URLSafeTimedSerializer

from tests.apps import opened
from tests.people import PASSWORD
from tests.settings import make_settings

pytestmark = pytest.mark.sqlite  # no row decides: once is enough


@pytest.mark.parametrize("secure, prefix", [("yes", "__Host-"), ("no", "")])
def test_over_https_cookies_belong_to_the_host_alone(world, database_url, tmp_path, secure, prefix):
    with opened(make_settings(database_url, tmp_path, SECURE_COOKIES=secure)) as app:
        set_cookies = signed_in(app, world.dana.email)
    assert {line.split("=")[0] for line in set_cookies} == {f"{prefix}session", f"{prefix}device"}
    for line in set_cookies:
        assert "; Path=/" in line
        assert "HttpOnly" in line
        assert "Domain" not in line
        assert ("; Secure" in line) is bool(prefix)


def test_what_is_signed_with_sha_1_is_not_believed(app, browse):
    browser = browse("dana")
    assert browser.raw("GET", "/bss/billing/assets").status_code == 200
    interface = app.session_interface
    content = interface.get_signing_serializer(app).loads(browser.client.get_cookie("session").value)
    old = URLSafeTimedSerializer(
        app.secret_key, salt=interface.salt, serializer=interface.serializer,
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha1},
    )  # fmt: skip
    browser.client.set_cookie("session", old.dumps(content))
    assert browser.raw("GET", "/bss/billing/assets").status_code == 302


def test_every_signature_is_as_long_as_sha_256(app, world):
    values = [line.split(";")[0].partition("=")[2] for line in signed_in(app, world.dana.email)]
    with app.test_client() as client:
        page = client.get("/sign-in").text
    values.append(page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0])
    assert [len(value.rpartition(".")[2]) for value in values] == [43, 43, 43]


def signed_in(app, email: str) -> list[str]:
    """The cookies that somebody gets."""
    client = app.test_client()
    page = client.get("/sign-in", base_url="https://localhost").text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    sent = {"csrf_token": token, "email": email, "password": PASSWORD}
    answer = client.post("/sign-in", data=sent, base_url="https://localhost")
    assert answer.status_code == 303
    return answer.headers.getlist("Set-Cookie")
