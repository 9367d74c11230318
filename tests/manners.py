"""How every answer behaves, checked on each one that a test sees.

The house's rules about pages, fragments and htmx are sentences; here they are checks, so that no page can forget one.
"""

import json
import re
from collections import Counter
from urllib.parse import urljoin

from bs4 import NavigableString, Tag

from tests.page import TOKEN, Page, words

CODE = re.compile(r"\b(?:SBX|TEST|DEMO)-[0-9A-Za-z]{4,}[0-9A-Za-z-]*")
SHOWS_CODES = re.compile(r"/(reveals|codes|replacements|attestations|requests/\d+)$|^/handover/")
FORBIDDEN_WORDS = re.compile(r"\b(?:errors?|oops)\b", re.IGNORECASE)
UNFINISHED = re.compile(r"%\(\w+\)|\{\{|\}\}|\{%|Markup\(|<[a-z]+ object at|\bundefined\b")
UNLABELLED_KINDS = ("hidden", "submit", "button", "image", "reset")
SCRIPTS = ("javascript:", "data:text")
METHODS = ("hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete")
UUID = re.compile(r'value="[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"')


class BadManners(AssertionError):
    pass


_good: set[int] = set()
"""What was found good before: a third of all answers are the same again but for their tokens, and need no parsing."""


def check(page: Page) -> None:
    faults = list(_headers(page))
    is_read = page.is_html and not 300 <= page.status < 400  # nobody reads what a redirect says
    if is_read and (seen := _all_that_rules_look_at(page)) not in _good:
        for rule in (_structure, _ids, _labels, _focus, _forms, _htmx, _policy, _texts, _codes):
            faults += rule(page)
        if not faults:
            _good.add(seen)
    if faults:
        raise BadManners(f"{page.method} {page.url} answered {page.status}:\n  " + "\n  ".join(faults) + f"\n{page!r}")


def _all_that_rules_look_at(page: Page) -> int:
    """Tokens and keys are new in each answer, and no rule asks more than whether they are there."""
    body = UUID.sub("value", TOKEN.sub("csrf_token", page.body))
    asked = page.asked is not None and str(page.asked.attrs)
    swaps = page.headers.get("HX-Reswap"), page.headers.get("HX-Retarget")
    return hash((page.method, page.url, page.trail, page.status, asked, swaps, body))


def _headers(page: Page):
    headers = page.headers
    if page.status >= 500:
        yield f"{page.status}: our fault"
    if page.method == "POST" and page.status in (301, 302, 307, 308):
        yield "a POST is answered by 303, never by another redirect"
    if "hx-request" not in headers.get("Vary", "").lower():
        yield "no Vary: HX-Request"
    if "no-store" not in headers.get("Cache-Control", ""):
        yield "no Cache-Control: no-store"
    if headers.get("Referrer-Policy") != "no-referrer":
        yield "no Referrer-Policy: no-referrer"
    if headers.get("X-Content-Type-Options") != "nosniff":
        yield "no X-Content-Type-Options: nosniff"
    policy = headers.get("Content-Security-Policy", "")
    if "default-src 'self'" not in policy or "unsafe" in policy:
        yield f"a weak Content-Security-Policy: {policy!r}"


def _structure(page: Page):
    return _whole(page) if page.is_whole else _fragment(page)


def _whole(page: Page):
    headings = [words(heading) for heading in page.tagged("h1")]
    if len(headings) != 1 or not headings[0]:
        yield f"one h1 is needed, not {headings}"
    elif not page.title.startswith(headings[0]):
        yield f"the title {page.title!r} does not start with the h1 {headings[0]!r}"
    if not page.soup.html.get("lang"):
        yield "no lang on <html>"
    if page.by_id.get("flash", {}).get("role") != "status":
        yield "one #flash with role=status is needed"
    if len(page.tagged("main")) != 1:
        yield "one <main> is needed"


def _focus(page: Page):
    """Of several bad fields the first on the page gets it."""
    bad = page.soup.select("[aria-invalid=true]")
    if (focused := [each for each in bad if each.has_attr("autofocus")]) and focused[0] is not bad[0]:
        yield f"the focus is on {focused[0].get('name')}, but {bad[0].get('name')} comes first"


def _fragment(page: Page):
    top = [each for each in page.soup.children if isinstance(each, Tag)]
    roots = [each for each in top if not each.has_attr("hx-swap-oob") and not _is_parts(each)]
    if any(text.strip() for text in page.soup.find_all(string=True, recursive=False)):
        yield "text beside the root of the fragment"
    look = page.asked.get("id") if page.asked is not None else None
    aside = [each["id"] for each in top if each.has_attr("hx-swap-oob") and each["id"] not in ("signal", look)]
    if len(aside) > 2 or (aside and "flash" not in aside):
        yield f"out of band is for #flash, #signal and one counter, not {aside}"
    if page.headers.get("HX-Reswap") == "none":
        yield from _brings_parts(roots)
    elif len(roots) != 1:
        yield f"one root is needed, not {[each.name + '#' + each.get('id', '') for each in roots]}"
    elif page.asked is not None and "HX-Retarget" not in page.headers:
        yield from _replaces_itself(page.asked, roots[0])
    if any(not title.find_parent("svg") for title in page.tagged("title")) or page.tagged("main"):
        yield "parts of the whole page in a fragment"


def _is_parts(element: Tag) -> bool:
    """A template whose content takes its places elsewhere on the page."""
    inside = [each for each in element.children if isinstance(each, Tag)]
    return element.name == "template" and bool(inside) and all(each.has_attr("hx-swap-oob") for each in inside)


def _brings_parts(roots: list[Tag]):
    if roots:
        yield f"nothing but parts is swapped, so {[each.name for each in roots]} are lost"


def _replaces_itself(asked: Tag, root: Tag):
    target = asked.get("hx-target", "this")
    wanted = asked.get("id") if target == "this" else target.removeprefix("#")
    if asked.get("hx-swap", "").startswith("outerHTML") and target != "this" and root.get("id") != wanted:
        yield f"the fragment's root is #{root.get('id')}, but it replaces {target}: the next swap finds nothing"


def _ids(page: Page):
    ids = Counter(each["id"] for each in page.having("id"))
    if twice := sorted(each for each, times in ids.items() if times > 1):
        yield f"ids that stand twice: {twice}"
    if any(not each or re.search(r"\s", each) for each in ids):
        yield "an empty id, or one with white space"
    if page.is_whole:
        yield from _references(page)


def _references(page: Page):
    for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls", "popovertarget", "form", "list"):
        for each in page.having(name):
            value = each.get(name)
            for reference in value if isinstance(value, list) else value.split():
                if reference not in page.by_id:
                    yield f"{name}={reference!r} of <{each.name}> names no id"
    for each in page.having("href"):
        if each.name == "a" and each["href"].startswith("#") and each["href"][1:] not in page.by_id:
            yield f"the link to {each['href']} leads nowhere"


def _labels(page: Page):
    labels = {label.get("for"): label for label in page.tagged("label")}
    for field in page.tagged("input", "select", "textarea"):
        if field.get("type") in UNLABELLED_KINDS:
            continue
        label = field.get("id") and labels.get(field["id"]) or field.find_parent("label")
        if not (label and words(label)) and not field.get("aria-label") and not field.get("aria-labelledby"):
            yield f"no label for {str(field)[:120]}"
    for each in page.tagged("a", "button", "summary"):
        if not (each.get("aria-label") or words(each) or each.find_parent("template")):
            yield f"nothing to read on {str(each)[:120]}"
    for image in page.tagged("img"):
        if not image.has_attr("alt"):
            yield f"no alt on {image}"


def _forms(page: Page):
    elsewhere = {button.get("form") for button in page.tagged("button")}
    for form in page.forms:
        method = form.get("method", "get").lower()
        tokens = form.find_all(attrs={"name": "csrf_token"})
        if method == "post" and (len(tokens) != 1 or not tokens[0].get("value")):
            yield f"one csrf_token is needed in the form {form.get('action')}"
        if method == "get" and tokens:
            yield f"a token in the address: the form {form.get('action')} is a GET"
        if form.find("form") or form.find_parent("form"):
            yield "a form inside of a form"
        if not (form.find("button") or (form.get("id") and form["id"] in elsewhere)):
            yield f"the form {form.get('action')} has no button: without the script nothing sends it"


def _htmx(page: Page):
    for element in page.tags:
        asks = [name for name in METHODS if name in element.attrs]
        if not asks:
            continue
        where = f"<{element.name} {asks[0]}={element[asks[0]]!r}>"
        if asks not in (["hx-get"], ["hx-post"]):
            yield f"{where}: only one of hx-get and hx-post"
        elif not _works_without(page, element, asks[0]):
            yield f"{where} does not do the same without htmx"
        if not element.get("hx-target") or not element.get("hx-swap"):
            yield f"{where} needs hx-target and hx-swap on itself"
        elif page.is_whole and not _is_there(page, element):
            yield f"{where}: the target {element['hx-target']} is not on the page"


def _works_without(page: Page, element: Tag, ask: str) -> bool:
    there = urljoin(page.url, element[ask])
    if ask == "hx-post":
        is_form = element.name == "form" and element.get("method", "").lower() == "post"
        return is_form and urljoin(page.url, element.get("action", "")) == there
    if element.name == "a":
        return urljoin(page.url, element.get("href", "")) == there
    if element.name == "form":
        return element.get("method", "get").lower() == "get" and urljoin(page.url, element.get("action", "")) == there
    return _is_poll(element)


def _is_poll(element: Tag) -> bool:
    """Looking again by itself needs no equal: without the script, one loads the page again."""
    headers = json.loads(element.get("hx-headers", "{}"))
    return "X-Poll" in headers and re.match(r"(load|every)\b", element.get("hx-trigger", "")) is not None


def _is_there(page: Page, element: Tag) -> bool:
    target = element["hx-target"]
    return target == "this" or (target.startswith("#") and target[1:] in page.by_id)


def _policy(page: Page):
    for element in page.tags:
        yield from _attributes(element)
    if page.tagged("style"):
        yield "an inline <style>"
    if any(not script.get("src") or script.string for script in page.tagged("script")):
        yield "an inline <script>"


def _attributes(element: Tag):
    for name, value in element.attrs.items():
        if name == "style" or name.startswith(("on", "hx-on")) or name in ("hx-boost", "hx-vars"):
            yield f"{name} on <{element.name}>"
        if name in ("href", "src", "action", "formaction") and value.strip().lower().startswith(SCRIPTS):
            yield f"{name}={value!r}"
        if name == "hx-vals" and value.startswith("js:"):
            yield f"hx-vals evaluates on <{element.name}>"


def _texts(page: Page):
    for string in page.soup.descendants:
        if type(string) is not NavigableString or not (text := string.strip()):
            continue
        is_unfinished = text in ("None", "True", "False") or UNFINISHED.search(text)
        is_frightening = FORBIDDEN_WORDS.search(text)
        if not (is_unfinished or is_frightening) or string.find_parent(["pre", "code", "script", "textarea"]):
            continue  # in this order: where a text stands is asked of the few that matter
        if is_unfinished:
            yield f"unfinished text: {text[:100]!r}"
        if is_frightening:
            yield f"a word that frightens: {text[:100]!r}"


def _codes(page: Page):
    """A full code is only ever the answer to an act of a person."""
    acted = page.method == "POST" or page.trail
    if not (acted and SHOWS_CODES.search(page.url.split("?")[0])):
        if found := CODE.search(page.body):
            yield f"a full coupon code: {found.group()}"
    if CODE.search(page.url) or CODE.search(page.title):
        yield "a coupon code in the address or the title"
