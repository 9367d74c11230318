"""Browser contexts that several tests use one after the other, each as a new person's: a context costs half a second
of CPU more than one more tab beside another of the same portal.
"""

from playwright.sync_api import Browser, Page


class Visitor:
    """A context with a tab that stays, so that the process of the renderer does."""

    def __init__(self, chromium: Browser, options: dict):
        self._options = options
        self._context = chromium.new_context(**options)
        self._context.set_default_timeout(10_000)
        self._staying = self._context.new_page()
        self._staying.goto("/healthz")
        self._session = self._context.new_cdp_session(self._staying)

    def is_like(self, options: dict) -> bool:
        return self._options == options

    @property
    def tabs(self) -> list[Page]:
        return [tab for tab in self._context.pages if tab is not self._staying]

    def open_tab(self) -> Page:
        return self._context.new_page()

    def forget(self) -> None:
        """Leaves no tab, cookie, permission, stored or cached thing."""
        for tab in self.tabs:
            tab.close()
        self._context.clear_cookies()
        self._context.clear_permissions()
        self._session.send("Storage.clearDataForOrigin", {"origin": self._options["base_url"], "storageTypes": "all"})
        self._session.send("Network.clearBrowserCache")

    def close(self) -> None:
        self._context.close()


class Visitors:
    def __init__(self, chromium: Browser):
        self._chromium = chromium
        self._all: list[Visitor] = []

    def take(self, options: dict, taken: list[Visitor]) -> Visitor:
        """One with these options of a context, whom this test has not taken yet."""
        for visitor in self._all:
            if visitor.is_like(options) and visitor not in taken:
                return visitor
        self._all.append(Visitor(self._chromium, options))
        return self._all[-1]

    def close(self) -> None:
        for visitor in self._all:
            visitor.close()
