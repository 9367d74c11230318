"""The portal in real processes, seen through a real browser."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests import folders
from tests.e2e.fork_server import ForkServer
from tests.e2e.portal_process import ForkedPortal, PortalProcess
from tests.e2e.visitors import Visitor, Visitors
from tests.settings import ROOT

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No address but ours is found, as on a machine without the CDN: the page has to fall back by itself.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
PICTURES = ROOT / "var" / "reports"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    assert executable, "chromium was not found: `make test` installs it, or `apt-get install chromium`."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    server = ForkServer(folders.of_the_run("templates"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def portal(fork_server) -> Callable[..., PortalProcess]:
    """Forked, as a start costs two seconds of CPU. test_smoke.py starts its portals as the Procfile says."""
    return partial(ForkedPortal, fork_server)


@pytest.fixture
def server(portal, databases, tmp_path) -> Iterator[PortalProcess]:
    """A portal of this test's own: `shared_server` where nothing is stopped."""
    yield from _serve(portal, databases, tmp_path)


@pytest.fixture(scope="module")
def shared_server(portal, databases, tmp_path_factory) -> Iterator[PortalProcess]:
    yield from _serve(portal, databases, tmp_path_factory.mktemp("portal"))


@pytest.fixture(scope="module")
def idle_server(portal, databases, tmp_path_factory) -> Iterator[PortalProcess]:
    """Shared, and without a worker: assets stay as they are."""
    yield from _serve(portal, databases, tmp_path_factory.mktemp("portal"), has_worker=False)


def _serve(portal: Callable[..., PortalProcess], databases, folder: Path, **options: bool) -> Iterator[PortalProcess]:
    url = databases.create()
    with portal(url, folder, **options) as server:
        yield server
    databases.drop(url)


@pytest.fixture(scope="module")
def visitors(chromium) -> Iterator[Visitors]:
    visitors = Visitors(chromium)
    yield visitors
    visitors.close()


@pytest.fixture
def page(visitors, request) -> Iterator[Callable[..., Page]]:
    """`page(server)`, `page(server, width=360, scheme="dark", javascript=False)`: a new person's first tab.

    Fails the test in the end if a script threw or the content security policy had to forbid something.
    """
    taken, problems = [], []

    def open_page(
        server: PortalProcess, *, width: int = 1440, height: int = 900, scheme: str = "light", javascript: bool = True
    ) -> Page:
        taken.append(visitors.take(server.url, javascript, taken))
        tab = taken[-1].open_tab(width, height, scheme)
        tab.on("pageerror", lambda error: problems.append(f"{tab.url}: {error}"))
        tab.on("console", lambda message: problems.extend(_violation(message)))
        return tab

    yield open_page
    if getattr(request.node, "has_failed", False):
        _keep_pictures(taken, request.node)
    for visitor in taken:
        visitor.forget()
    assert problems == []


def _violation(message: ConsoleMessage) -> list[str]:
    return [message.text] if message.type == "error" and "Content Security Policy" in message.text else []


def _keep_pictures(visitors: list[Visitor], node: pytest.Item) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for number, tab in enumerate([tab for visitor in visitors for tab in visitor.tabs]):
        path = PICTURES / f"{node.name}-{number}.png".replace("/", "-")
        tab.screenshot(path=path, full_page=True)
        print(f"{tab.url} looked like {path}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    item.has_failed = getattr(item, "has_failed", False) or report.failed
    return report
