"""Static files: fetched once, compressed, under an address that changes with their content."""

import gzip
import os
import re
from pathlib import Path

import pytest

from portal.web import static_files
from portal.web.static_files import StaticFiles
from tests.settings import ROOT

pytestmark = pytest.mark.sqlite  # no row decides
FILES = sorted(path.relative_to(ROOT / "static").as_posix() for path in (ROOT / "static").rglob("*.*"))
OLD = "v-00000000"


@pytest.fixture
def client(app):
    return app.test_client()


def address(app, name: str) -> str:
    with app.test_request_context():
        return app.url_for("static", filename=name)


def copy_of_static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "css").mkdir(parents=True)
    (folder / "css" / "base.css").write_text('@import "more.css"; b { background: url(../icon.svg) }')
    (folder / "css" / "more.css").write_text("i { color: red }")
    (folder / "icon.svg").write_text("<svg/>")
    return folder


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_kept_forever_and_compressed(app, client, name):
    answer = client.get(address(app, name), headers={"Accept-Encoding": "gzip, deflate, br"})
    content = (ROOT / "static" / name).read_bytes()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    if answer.headers.get("Content-Encoding") == "gzip":
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert len(answer.data) < 0.9 * len(content)
        assert gzip.decompress(answer.data) == content
    else:
        assert answer.data == content
        assert len(gzip.compress(content)) >= 0.9 * len(content)


def test_what_a_page_names_is_there(client):
    """Each address of the page, under the version and with the type that a browser asks for (nosniff)."""
    page = client.get("/sign-in").text
    named = {each for each in re.findall(r'(?:href|src|data-vendor)="(/static/[^"#]+)', page)}
    assert len(named) >= 8
    types = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
    for each in named:
        answer = client.get(each)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, static_files.FOREVER), each
        wanted = types.get(os.path.splitext(each)[1], "image/svg+xml")
        assert answer.headers["Content-Type"].startswith(wanted), each
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")


def test_all_icons_come_from_one_file(app, browse, world):
    world.asset()
    page = browse("dana").open("bss.assets.index")
    files = {use["href"].split("#")[0] for use in page.soup.select("svg.icon use")}
    assert len(files) == 1
    assert files.pop() == address(app, "icons.svg")


def test_without_a_version_a_file_is_kept_for_minutes(client):
    answer = client.get("/static/css/base.css")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    again = client.get("/static/css/base.css", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "public, max-age=300"


def test_a_page_from_before_a_deployment_gets_the_file_of_now_and_keeps_it_not(app, client):
    answer = client.get(f"/static/{OLD}/css/base.css")
    assert answer.status_code == 200
    assert answer.data == (ROOT / "static/css/base.css").read_bytes()
    assert answer.headers["Cache-Control"] == "no-cache"
    etag = {"If-None-Match": answer.headers["ETag"]}
    assert client.get(f"/static/{OLD}/css/base.css", headers=etag).status_code == 304


def test_who_takes_no_gzip_gets_none(client):
    for wanted in ("identity", "gzip;q=0", ""):
        answer = client.get("/static/css/base.css", headers={"Accept-Encoding": wanted})
        assert "Content-Encoding" not in answer.headers
        assert "Accept-Encoding" in answer.headers["Vary"]
    compressed = client.get("/static/css/base.css", headers={"Accept-Encoding": "gzip"})
    assert compressed.headers["ETag"] != answer.headers["ETag"]


@pytest.mark.parametrize("name", ["none.css", "css", "", "../portal/config.py", "%2e%2e/wsgi.py", "css/../../wsgi.py"])
def test_what_is_no_static_file_is_not_there(client, name):
    for path in (f"/static/{name}", f"/static/{OLD}/{name}"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


def test_a_head_says_the_same_without_the_content(app, client):
    whole, head = (client.open(address(app, "favicon.svg"), method=method) for method in ("GET", "HEAD"))
    assert head.data == b""
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]
    assert head.headers["ETag"] == whole.headers["ETag"]


def test_a_file_that_changes_gets_a_new_address_without_a_restart(tmp_path):
    folder = copy_of_static(tmp_path)
    files = StaticFiles(folder)
    before = files.current()
    (folder / "css" / "more.css").write_text("i { color: blue }")
    assert files.current() is before  # looked at a moment ago
    after = files.current(at_once=True)
    assert after.version != before.version
    assert after.files["css/more.css"].content == b"i { color: blue }"
    assert files.current() is after


def test_a_file_touched_or_added_counts_by_its_content(tmp_path):
    folder = copy_of_static(tmp_path)
    files = StaticFiles(folder)
    version = files.current().version
    os.utime(folder / "icon.svg", (1, 1))
    assert files.current(at_once=True).version == version == StaticFiles(folder).current().version
    (folder / "new.js").write_text("")
    assert files.current(at_once=True).version != version


def test_what_files_name_relatively_has_the_same_version(app, client, tmp_path, monkeypatch):
    """A stylesheet's `@import` and `url()`, a module's `import`: the browser resolves them below the version."""
    monkeypatch.setitem(app.extensions, "portal.static_files", StaticFiles(copy_of_static(tmp_path)))
    base = address(app, "css/base.css")
    for reference in ("more.css", "../icon.svg"):
        answer = client.get(os.path.normpath(os.path.join(os.path.dirname(base), reference)))
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, static_files.FOREVER)


def test_stylesheets_and_modules_name_files_relatively():
    """An address that begins at the root has no version, so it would not be kept."""
    absolute = re.compile(r"""(?:url\(|@import|from|import)\s*\(?["']?/""")
    faults = [
        name for name in FILES if name.endswith((".css", ".js")) and "vendor/" not in name
        if absolute.search((ROOT / "static" / name).read_text(encoding="utf-8"))
    ]  # fmt: skip
    assert not faults


def test_who_asks_for_the_icon_by_its_old_name_gets_it(client):
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.mimetype, answer.data[:4]) == (200, "image/x-icon", b"\0\0\1\0")
    assert "Set-Cookie" not in answer.headers
