"""The browser of a request in words that its owner recognises: “Firefox on Windows”. What a browser says of itself
proves nothing; nothing but the wording of a mail depends on it."""

from flask import request
from flask_babel.speaklater import LazyString

from portal.core.i18n import lazy

# The first sign that is found counts: Edge and Opera also call themselves Chrome, and Chrome also Safari.
_BROWSERS = {
    "Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox", "FxiOS": "Firefox",
    "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
_SYSTEMS = {
    "Windows": "Windows", "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "CrOS": "ChromeOS",
    "Macintosh": "macOS", "Linux": "Linux",
}  # fmt: skip


def words() -> LazyString:
    said = request.headers.get("User-Agent", "")
    browser, system = _first(_BROWSERS, said), _first(_SYSTEMS, said)
    if browser and system:
        return lazy("%(browser)s on %(system)s", browser=browser, system=system)
    if browser or system:
        return lazy("a browser (%(name)s)", name=browser or system)
    return lazy("an unknown browser")


def _first(signs: dict[str, str], said: str) -> str | None:
    return next((name for sign, name in signs.items() if sign in said), None)
