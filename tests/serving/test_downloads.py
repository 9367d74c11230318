"""What the server of the Procfile sends as a download: its name in the letters of any script, its headers in ASCII."""

import http.client
import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
import requests

from portal.models import AuditEntry
from tests.build import World
from tests.files import asset, bring, written
from tests.people import PASSWORD
from tests.serving.web import WebProcess

pytestmark = pytest.mark.sqlite  # the server alone decides: once is enough

NAMES = [
    "Άδειες 2026.csv",
    "Kopie von „Liste“.csv",
    "Kunden Müller.csv",
    "港区 🙂.csv",
    '50% "off"; a\'b.csv',
    "plain.csv",
]


@pytest.fixture(scope="module")
def server(databases, tmp_path_factory) -> Iterator[WebProcess]:
    """With a world of its own: what is downloaded has to be there."""
    url = databases.create(with_world=True)
    with WebProcess(url, tmp_path_factory.mktemp("downloads")) as process:
        process.world = databases.world(process.app)
        yield process
    databases.drop(url)


@pytest.fixture(scope="module")
def world(server) -> World:
    return server.world


@pytest.fixture(scope="module")
def dana(server, world) -> Iterator[requests.Session]:
    with requests.Session() as browser:
        browser.post(f"{server.url}/sign-in", data=form_of(browser, f"{server.url}/sign-in") | {
            "email": world.dana.email, "password": PASSWORD,
        }, timeout=10)  # fmt: skip
        yield browser


def form_of(browser: requests.Session, url: str) -> dict[str, str]:
    page = browser.get(url, timeout=10).text
    return {"csrf_token": re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]}


def name_of(answer: requests.Response) -> str:
    """As a browser reads it: the name with all letters, if there is one."""
    header = answer.headers["Content-Disposition"]
    wide = re.search(r"filename\*=UTF-8''(\S+)", header)
    return unquote(wide[1]) if wide else re.search(r'filename="([^"]*)"', header)[1]


def check_headers(answer: requests.Response) -> None:
    assert all(value.isascii() for value in answer.headers.values()), dict(answer.headers)
    assert answer.raw.version == http.client.HTTPConnection._http_vsn


@pytest.mark.parametrize("name", NAMES)
def test_a_rejects_file_is_called_like_the_file_that_was_brought(server, world, dana, name):
    file = bring(world, written([asset(1), asset(2, Quantity="ten")]), f"{name}.csv")
    page = f"{server.url}/bss/tools/imports/{file.id}"
    answer = dana.post(f"{page}/rejects", data=form_of(dana, page), timeout=10)
    assert answer.status_code == 200
    check_headers(answer)
    kept = re.sub(r'["*?:|<>/\\]', "_", name)
    assert name_of(answer) == f"{kept}-rejects-{file.id}.csv"
    assert "ten" in answer.content.decode("utf-8-sig")
    assert [each.act for each in entries(server, file.id)] == ["rejects"]


def entries(server: WebProcess, import_id: int) -> list[AuditEntry]:
    with server.app.app_context():
        return list(AuditEntry.query.filter_by(subject="import", subject_id=import_id))


@pytest.mark.parametrize("path", ["/bss/billing/assets?format=csv", "/bss/billing/assets?format=xlsx"])
def test_an_export_has_a_name(server, dana, path):
    answer = dana.get(f"{server.url}{path}", timeout=10)
    assert answer.status_code == 200
    check_headers(answer)
    assert re.fullmatch(r"assets-[0-9-]{10}\.(csv|xlsx)", name_of(answer))


def test_a_searched_code_stands_in_no_log_and_no_header(server, world, dana):
    world.asset("synchronized", code="TEST-7KQ2-M9TA")
    page = f"{server.url}/bss/billing/assets"
    for text in ("TEST-7KQ2-M9TA.", "„test-7kq2-m9ta“", "TEST 7KQ2 M9TA", "TEST-7KQ2-M9TX"):
        sent = form_of(dana, page) | {"q": text}
        answer = dana.post(f"{page}/searches", data=sent, allow_redirects=False, timeout=10)
        assert answer.status_code == 303
        assert "M9T" not in re.sub(r"\W", "", str(answer.headers)).upper()
    assert "7KQ2" not in server.log("web").upper()
