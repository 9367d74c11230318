"""A person at the portal: opens pages, presses what stands on them, fills in the forms that they hold.

Cookies, CSRF and redirects work as in a browser. Every answer is checked for its manners (tests/manners.py). With
`htmx=True` the hx- attributes are obeyed as the script would, without it they are ignored.
"""

import json
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from bs4 import Tag
from flask import Flask, Response
from werkzeug.datastructures import MultiDict

from portal.core.transaction import lock, transaction
from portal.models import User
from portal.services.users import sign_in
from portal.web.security import sessions
from tests import manners
from tests.page import Page, tags_in, words
from tests.work import Work

ORIGIN = "http://localhost"
NOT_TYPED = ("submit", "button", "image", "reset", "file")


class Browser:
    def __init__(self, app: Flask, *, htmx: bool = False):
        self.app = app
        self.client = app.test_client()
        self.htmx = htmx
        self.is_watched = True
        """False leaves the manners out, where hundreds of answers look alike."""
        self._token = None

    def sign_in(self, email: str, password: str) -> Page:
        return self.submit(self.open("auth.sign_in"), email=email, password=password)

    def arrive(self, user_id: int) -> None:
        """Begins a session as the form does once the password was right (auth/sign_in.py), without the form."""
        with self.app.test_request_context(ORIGIN):
            with transaction():
                user = lock(User, user_id)
                token = sign_in._begin(user)
            sessions.start(user, token)
            answer = self.app.process_response(self.app.make_response(""))
        for name, cookie in SimpleCookie("\r\n".join(answer.headers.getlist("Set-Cookie"))).items():
            self.client.set_cookie(name, cookie.value)

    def url(self, endpoint: str, **values) -> str:
        """`endpoint` may be an address, too."""
        return endpoint if "/" in endpoint else self.app.url_map.bind("localhost").build(endpoint, values)

    def open(self, endpoint: str, **values) -> Page:
        return self.visit(self.url(endpoint, **values))

    def visit(self, url: str, *, asked: Tag | None = None, headers=None) -> Page:
        return self.send("GET", url, asked=asked, headers=headers)

    def submit(self, page: Page, button: str | None = None, *, to=None, form=None, forge=None, **fields) -> Page:
        """Sends `form`, or the form that has this button, these fields, or whose action ends with `to`.

        `fields` may only name what the form offers; `forge` (pairs or a mapping) is added without asking.
        """
        form = form or find_form(page, button, to, fields)
        data = filled(page, form, button, fields)
        for name, value in MultiDict(forge or {}).items(multi=True):
            data.add(name, value)
        url = urljoin(page.url, _action(page, form, button) or page.url)
        if form.get("method", "get").lower() == "get":
            return self.visit(f"{url.split('?')[0]}?{_encoded(data)}", asked=form if form.has_attr("hx-get") else None)
        return self.send("POST", url, data=data, asked=form if form.has_attr("hx-post") else None)

    def press(self, page: Page, text: str) -> Page:
        """The link or button with this text."""
        links = _reading(page.soup.select("a[href]"), text)
        if not links:
            return self.submit(page, text)
        return self.visit(urljoin(page.url, links[0]["href"]), asked=links[0] if links[0].has_attr("hx-get") else None)

    def poll(self, page: Page) -> Page:
        """What the page asks for by itself while something is unsettled; the region as it stands afterwards."""
        return page.after(self.look(page))

    def look(self, page: Page, *, state: str | None = None) -> Page:
        """The answer to a poll alone. `state` is what the page says of itself in place of the truth."""
        element = page.one("[hx-trigger*=load][hx-get]")
        headers = json.loads(element["hx-headers"]) if state is None else {"X-Poll": state}
        fields = page.soup.select(f"{element['hx-include']}[name]") if element.has_attr("hx-include") else []
        url = urljoin(page.url, element["hx-get"])
        if fields:
            pairs = [(field["name"], field["value"]) for field in fields]
            url += f"{'&' if urlsplit(url).query else '?'}{urlencode(pairs)}"
        return self.send("GET", url, asked=element, headers=headers, htmx=True)

    def ask(self, page: Page, button: str | None = None, **fields) -> Page:
        """Submits what BitTitan has to be asked for, lets a worker carry it out, and follows."""
        return self.answered(self.submit(page, button, **fields))

    def answered(self, page: Page) -> Page:
        """Where the page waits for BitTitan (display/request_page.py), what it shows as soon as a worker was
        there."""
        if "Asking BitTitan…" not in page.text and "BitTitan cannot be asked" not in page.text:
            return page
        Work(self.app).drain()
        return self.poll(page)

    def post(self, endpoint: str, data=None, **values) -> Page:
        """Sends what no form offers, with a good CSRF token: for what a forger would send."""
        return self.send("POST", self.url(endpoint, **values), data=[("csrf_token", self.token()), *_pairs(data)])

    def raw(self, method: str, url: str, **options):
        """No manners, no redirects, no token: the plain answer."""
        return self.client.open(url, method=method, **{"buffered": True, **options})

    def token(self) -> str:
        """A CSRF token that is good for this person."""
        if self._token is None:
            self.open("auth.password.edit")  # who is not signed in is led to the sign-in form, which has one as well
        return self._token

    def forget(self) -> None:
        """The sign-in is over: the token was its."""
        self._token = None

    @staticmethod
    def empty() -> Page:
        """Where a page could not be opened."""
        return Page(Response("", mimetype="text/plain"), url="/")

    def send(self, method: str, url: str, *, data=None, asked=None, headers=None, htmx=None, trail=()) -> Page:
        asked = asked if (self.htmx if htmx is None else htmx) else None
        headers = dict(headers or {}) | (_htmx_headers(asked) if asked is not None else {})
        if method == "POST" and "Content-Type" not in headers:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        response = self.client.open(url, method=method, headers=headers, data=_encoded(data))
        page = Page(response, url=url, method=method, trail=trail, asked=asked)
        if self.is_watched:
            manners.check(page)
        self._token = page.csrf_token or self._token
        onward = response.headers.get("HX-Redirect") or response.headers.get("Location")
        if onward and (response.status_code in (301, 302, 303, 307, 308) or "HX-Redirect" in response.headers):
            return self._follow(page, urljoin(url, onward))
        return page

    def _follow(self, page: Page, url: str) -> Page:
        assert len(page.trail) < 5, f"redirects in a circle: {page!r}"
        there = urlsplit(urljoin(ORIGIN, url))
        assert there.netloc == "localhost", f"{page.url} leads away to {url}"
        headers = _htmx_headers(page.asked) if page.asked is not None and "Location" in page.headers else {}
        path = there._replace(scheme="", netloc="", fragment="").geturl()
        return self.send("GET", path, asked=page.asked if headers else None, trail=(*page.trail, page.status))


def find_form(page: Page, button: str | None, to: str | None, fields) -> Tag:
    forms = page.forms
    if to is not None:
        forms = [form for form in forms if form.get("action", "").split("?")[0].endswith(to)]
    if button is not None:
        pressed = _reading([each for form in forms for each in _buttons(page, form)], button)
        forms = [form for form in forms if any(each in pressed for each in _buttons(page, form))]
    else:
        forms = [form for form in forms if set(fields) <= set(_names(page, form))]
        forms = [form for form in forms if not form.get("action", "").endswith("/sign-out")] or forms
        forms = [form for form in forms if form.get("method", "").lower() == "post"] or forms
    assert len(forms) == 1, f"{len(forms)} forms fit button={button!r} to={to!r} {sorted(fields)} in {page!r}"
    return forms[0]


def _action(page: Page, form: Tag, button: str | None) -> str | None:
    """A button may name an address of its own."""
    pressed = [] if button is None else _reading(_buttons(page, form), button)[:1]
    return next((each["formaction"] for each in pressed if each.has_attr("formaction")), form.get("action"))


def filled(page: Page, form: Tag, button: str | None, fields: dict) -> MultiDict:
    """What a browser would send: what the form holds, with `fields` typed into it. None leaves a field out."""
    data = MultiDict()
    pressed = [] if button is None else _reading(_buttons(page, form), button)[:1]
    controls = _controls(page, form)
    for control in controls:
        for value in _values(control, pressed):
            data.add(control["name"], value)
    unknown = set(fields) - {control["name"] for control in controls}
    assert not unknown, f"the form {form.get('action')} has no field {sorted(unknown)}"
    for name, value in fields.items():
        data.poplist(name)
        for each in value if isinstance(value, (list, tuple)) else [value]:
            if each is not None and each is not False:
                data.add(name, "y" if each is True else each if isinstance(each, bytes) else str(each))
    return data


def _controls(page: Page, form: Tag) -> list[Tag]:
    """Walked through without selectors: forms are sent by the thousand, some with a select of all countries."""
    found = [tag for tag in tags_in(form) if "name" in tag.attrs]
    if form.get("id"):
        found += [tag for tag in page.having("form") if tag["form"] == form["id"] and "name" in tag.attrs]
    return [control for control in found if not control.has_attr("disabled")]


def _names(page: Page, form: Tag) -> list[str]:
    return [control["name"] for control in _controls(page, form)]


def _buttons(page: Page, form: Tag) -> list[Tag]:
    outside = [tag for tag in page.having("form") if tag.name == "button" and tag["form"] == form.get("id")]
    return [*form.find_all("button"), *outside]


def _values(control: Tag, pressed: list[Tag]) -> list[str]:
    kind = control.get("type", "text")
    if control.name == "textarea":
        return [control.get_text().removeprefix("\r\n").removeprefix("\n")]
    if control.name == "select":
        options = [tag for tag in tags_in(control) if tag.name == "option"]
        selected = [option for option in options if "selected" in option.attrs]
        chosen = selected or ([] if "multiple" in control.attrs else options[:1])
        return [option.get("value", words(option)) for option in chosen]
    if control.name == "button":
        return [control.get("value", "")] if any(control is each for each in pressed) else []
    if kind in ("checkbox", "radio"):
        return [control.get("value", "on")] if control.has_attr("checked") else []
    return [] if kind in NOT_TYPED else [control.get("value", "")]


def _reading(elements: list[Tag], text: str) -> list[Tag]:
    """Those with exactly this text; if there is none, those that contain it."""
    texts = [(each, (words(each) or each.get("aria-label", "")).casefold()) for each in elements]
    wanted = text.casefold()
    return [each for each, said in texts if said == wanted] or [each for each, said in texts if wanted in said]


def _encoded(data) -> str | bytes | None:
    """Bytes are a whole body already; among fields they are sent as they are, text or not."""
    if data is None or isinstance(data, bytes):
        return data
    return urlencode(_pairs(data), errors="surrogatepass")


def _pairs(data) -> list[tuple[str, str]]:
    return list(MultiDict(data or {}).items(multi=True))


def _htmx_headers(element: Tag) -> dict[str, str]:
    target = element.get("hx-target", "this")
    names = {
        "HX-Target": element.get("id") if target == "this" else target.removeprefix("#"),
        "HX-Trigger": element.get("id"),
    }
    return {"HX-Request": "true"} | {name: value for name, value in names.items() if value}
