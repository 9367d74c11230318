"""Whether the real processes and the real browser come together at all."""

import pytest

from tests.e2e.portal_process import PortalProcess
from tests.e2e.steps import wait_until


@pytest.fixture(scope="module")
def portal() -> type[PortalProcess]:
    return PortalProcess


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_sign_in_page_fits(idle_server, page, width, scheme):
    tab = page(idle_server, width=width, scheme=scheme)

    tab.goto("/sign-in")

    assert tab.locator("h1").count() == 1
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_htmx_comes_from_the_portal_when_the_cdn_does_not_answer(idle_server, page):
    tab = page(idle_server)

    tab.goto("/sign-in")
    wait_until(tab, "Boolean(window.htmx)")

    assert tab.evaluate("htmx.version") == "2.0.11"


def test_the_second_page_fetches_no_static_file(idle_server, page):
    tab = page(idle_server)
    tab.goto("/sign-in")
    wait_until(tab, "Boolean(window.htmx)")
    assert fetched(tab)
    tab.goto("/sign-in?next=/password")
    wait_until(tab, "Boolean(window.htmx)")
    assert tab.evaluate("performance.getEntriesByType('resource').length") >= 8
    assert fetched(tab) == []


def fetched(tab) -> list[str]:
    """Static files that were not in the browser’s cache."""
    return tab.evaluate(
        """performance.getEntriesByType("resource")
            .filter((entry) => entry.name.includes("/static/") && entry.transferSize > 0).map((entry) => entry.name)"""
    )


def test_the_page_is_there_without_javascript(idle_server, page):
    tab = page(idle_server, javascript=False)

    answer = tab.goto("/sign-in")

    assert answer.status == 200
    assert tab.locator("form[action='/sign-in']").is_visible()


def test_each_process_can_be_stopped_and_started(server):
    server.kill_worker()
    server.start_worker()
    server.stop_worker()
    server.stop_sandbox()
    server.start_sandbox()

    assert server.sandbox.control.journal() == []


def test_the_access_log_holds_no_query_string(server, page):
    page(server).goto("/sign-in?next=/bss/%3Fq%3Dwhispered")
    server.stop_web()

    assert "GET /sign-in 200" in server.log("web")
    assert "whispered" not in server.log("web")
