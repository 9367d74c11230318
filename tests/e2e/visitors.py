"""Browser contexts that several tests use one after the other, each as a new person's: a context costs half a second
of CPU more than one more tab beside another of the same portal.
"""

from playwright.sync_api import Browser, Page


class Visitor:
    """A context with a tab that stays, so that the process of the renderer does."""

    def __init__(self, chromium: Browser, url: str, javascript: bool):
        self.kind = (url, javascript)
        self._origin = url
        self._context = chromium.new_context(
            base_url=url, java_script_enabled=javascript, locale="en-GB", timezone_id="UTC"
        )
        self._context.set_default_timeout(30_000)
        self._staying = self._context.new_page()
        self._staying.goto("/healthz")
        self._session = self._context.new_cdp_session(self._staying)

    @property
    def tabs(self) -> list[Page]:
        return [tab for tab in self._context.pages if tab is not self._staying]

    def open_tab(self, width: int, height: int, scheme: str) -> Page:
        tab = self._context.new_page()
        tab.set_viewport_size({"width": width, "height": height})
        tab.emulate_media(color_scheme=scheme)
        return tab

    def forget(self) -> None:
        """Leaves no tab, cookie, permission, stored or cached thing."""
        for tab in self.tabs:
            tab.close()
        self._context.clear_cookies()
        self._context.clear_permissions()
        self._session.send("Storage.clearDataForOrigin", {"origin": self._origin, "storageTypes": "all"})
        self._session.send("Network.clearBrowserCache")

    def close(self) -> None:
        self._context.close()


class Visitors:
    def __init__(self, chromium: Browser):
        self._chromium = chromium
        self._all: list[Visitor] = []

    def take(self, url: str, javascript: bool, taken: list[Visitor]) -> Visitor:
        """One of this portal whom this test has not taken yet."""
        for visitor in self._all:
            if visitor.kind == (url, javascript) and visitor not in taken:
                return visitor
        self._all.append(Visitor(self._chromium, url, javascript))
        return self._all[-1]

    def close(self) -> None:
        for visitor in self._all:
            visitor.close()
