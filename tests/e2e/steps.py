"""What a person does in the real browser."""

import time

from playwright.sync_api import Page

from portal.models import User
from tests.browser import Browser
from tests.e2e.portal_process import PortalProcess
from tests.people import PASSWORD


def sign_in(tab: Page, user: User) -> Page:
    tab.goto("/sign-in")
    tab.get_by_label("E-mail").fill(user.email)
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url(lambda url: "/sign-in" not in url)
    return tab


def arrive(tab: Page, server: PortalProcess, user: User) -> Page:
    """Has signed in and opened no page yet: two pages less than by the form."""
    person = Browser(server.app)
    person.arrive(user.id)
    cookie = person.client.get_cookie(server.app.config["SESSION_COOKIE_NAME"])
    tab.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": server.url}])
    return tab


def with_script(tab: Page) -> Page:
    """Once htmx is there: a press before would do the same the plain way."""
    wait_until(tab, "Boolean(window.htmx)")
    return tab


def wait_until(tab: Page, expression: str, within: float = 20) -> None:
    """Asked from outside: the page's own policy forbids it to evaluate, which wait_for_function may try."""
    deadline = time.monotonic() + within
    while not tab.evaluate(expression):
        assert time.monotonic() < deadline, f"never true: {expression}"
        tab.wait_for_timeout(50)


def status_of(tab: Page, asset_id: int) -> str:
    return tab.locator(f"#asset-{asset_id}").get_attribute("data-sync-status")


def wait_for_status(tab: Page, asset_id: int, *statuses: str, reload: bool = False, within: float = 20) -> str:
    """By itself; without the script by loading the page again."""
    wanted = ", ".join(f"#asset-{asset_id}[data-sync-status={status}]" for status in statuses)
    if not reload:
        tab.locator(wanted).wait_for(timeout=within * 1000)
    for _ in range(int(within * 5) if reload else 0):
        if tab.locator(wanted).count():
            break
        tab.wait_for_timeout(200)
        tab.reload()
    return status_of(tab, asset_id)


def focused(tab: Page) -> dict:
    """Where the keyboard is, and whether it can be seen."""
    return tab.evaluate(
        """() => {
            const element = document.activeElement, style = getComputedStyle(element);
            const box = element.getBoundingClientRect();
            return {
                tag: element.tagName.toLowerCase(), id: element.id, name: element.name ?? "",
                text: (element.innerText || element.ariaLabel || "").trim(),
                row: element.closest("[data-asset-id]")?.id ?? "",
                ring: element.matches(":focus-visible") ? style.outlineStyle + " " + style.outlineWidth : "",
                seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
            };
        }"""
    )


def tab_to(tab: Page, is_there, *, most: int = 80) -> dict:
    """Presses Tab until it is there; every stop on the way has to be visible."""
    for _ in range(most):
        tab.keyboard.press("Tab")
        place = focused(tab)
        assert place["tag"] != "body", "the keyboard fell out of the page"
        assert place["ring"].split(" ")[0] != "none", f"no ring on {place}"
        if is_there(place):
            return place
    raise AssertionError(f"not reached with {most} presses of Tab; the last was {place}")
