"""What stands in a template, whoever renders it. What a page answers is the business of tests/manners.py."""

import re

import pytest
from bs4 import BeautifulSoup

from tests.architecture.source import ROOT, TEMPLATES, report, templates

NEVER = {
    r"\|\s*safe\b": "|safe: build Markup in a filter, or let Jinja escape",
    r"\bautoescape\s+false\b": "escaping switched off",
    r"\sstyle\s*=": "an inline style: use a class",
    r"<style\b": "an inline style: use a class",
    r"<script(?![^>]*\bsrc=)": "an inline script: use static/js",
    r"\shx-on\b|\shx-on:": "hx-on: use static/js",
    r"\shx-boost\b": "hx-boost: say what is swapped",
    r"\shx-(put|patch|delete|vars|inherit)\b": "only hx-get and hx-post, attributes on the element itself",
    r"\son[a-z]+\s*=\s*[\"']": "an event handler: use static/js",
    r"javascript:": "a script in an address",
    r"<(b|i|u|font|center)\s*/?>": "looks belong to the stylesheet",
}
URL = re.compile(r"""\b(?:href|action|src|hx-get|hx-post)="(/[^"{]*)""")
WORDS = re.compile(r"[A-Za-z]{2,}")
NOT_TEXT = {"BSS", "BitTitan", "AS"}
GAP = "\ue000"
"""Stands where Jinja will write something; a NUL would be no part of a tag."""

BARE_URLS = {"/"}
LONGEST = 120


def _each(pattern):
    for path in templates():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for match in re.finditer(pattern, line):
                yield f"{path.relative_to(ROOT)}:{number} {line.strip()[:100]}", match


@pytest.mark.parametrize("pattern", NEVER)
def test_never_in_a_template(pattern):
    faults = [where for where, _ in _each(pattern)]
    assert not faults, report(f"{NEVER[pattern]}:", faults)


def test_addresses_are_built():
    """`url_for` refuses an endpoint that is gone; a typed address lies until somebody presses it."""
    faults = [where for where, match in _each(URL) if match.group(1) not in BARE_URLS]
    assert not faults, report("use url_for:", faults)


def test_hx_post_stands_on_forms_and_hx_get_on_links():
    faults = []
    for path in templates():
        # Jinja's statements are taken out, so that what is left can be read as HTML whatever is rendered.
        soup = BeautifulSoup(re.sub(r"{[%#].*?[%#]}", "", path.read_text(encoding="utf-8"), flags=re.S), "html.parser")
        for element in soup.select("[hx-post], [hx-get]"):
            if fault := _unequal(element):
                faults.append(f"{path.relative_to(ROOT)}: {fault}")
    assert not faults, report("every htmx element works without htmx:", faults)


def _unequal(element) -> str | None:
    if "hx-post" in element.attrs:
        if element.name != "form" or element.get("method") != "post":
            return f"hx-post on <{element.name}>"
        return (
            None if element.get("action") == element["hx-post"] else f"hx-post={element['hx-post']} is not the action"
        )
    own = {"a": "href", "form": "action"}.get(element.name)
    if own is None:
        return None if "X-Poll" in element.get("hx-headers", "") else f"hx-get on <{element.name}> that is no poll"
    return None if element.get(own) == element["hx-get"] else f"hx-get={element['hx-get']} is not the {own}"


def test_every_text_can_be_translated():
    faults = [
        f"{path.relative_to(ROOT)}: {text!r}"
        for path in templates()
        if path.suffix == ".html"
        for text in _bare_texts(path.read_text(encoding="utf-8"))
    ]
    assert not faults, report('visible texts stand in {{ _("…") }}:', faults)


def _bare_texts(source: str):
    source = re.sub(r"{#.*?#}|<!--.*?-->", "", source, flags=re.S)
    source = re.sub(r"{% block area %}.*?{% endblock %}", "", source)  # names of classes
    source = re.sub(r"{{.*?}}|{%.*?%}", GAP, source, flags=re.S)
    soup = BeautifulSoup(source, "html.parser")
    for string in soup.find_all(string=True):
        if type(string).__name__ != "NavigableString" or string.find_parent(["script", "style", "svg"]):
            continue
        for text in string.split(GAP):
            if (found := set(WORDS.findall(text))) and not found <= NOT_TEXT:
                yield " ".join(text.split())[:80]


def test_attributes_that_are_read_aloud_can_be_translated():
    faults = [
        where
        for where, match in _each(r"""\b(?:aria-label|placeholder|title|alt)="([^"{]*)""")
        if WORDS.search(match.group(1))
    ]
    assert not faults, report("attributes that people hear or see stand in {{ _('…') }}:", faults)


def test_lines_are_short():
    """Strings that follow one another are one, so that long texts can be broken, too."""
    faults = [
        f"{path.relative_to(ROOT)}:{number} has {len(line)}"
        for path in templates()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LONGEST
    ]
    assert not faults, report(f"a line has {LONGEST} characters at most:", faults)


def test_partials_are_named_as_such():
    """Pages stand in folders by area and endpoint; what several pages show starts with an underscore."""
    included = set()
    for path in templates():
        included |= set(re.findall(r"{%-?\s*include\s+\"([^\"]+)\"", path.read_text(encoding="utf-8")))
    faults = sorted(name for name in included if not name.split("/")[-1].startswith("_"))
    assert not faults, report("an included template is a partial, `_name.html`:", faults)
    missing = sorted(name for name in included if not (TEMPLATES / name).is_file())
    assert not missing, report("included, but not there:", missing)
