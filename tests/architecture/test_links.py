"""Every link of the documentation leads somewhere, every page is found, and what a page names exists."""

import re
import struct
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.architecture.source import PACKAGE, ROOT, report
from tests.architecture.test_docs import DOCS, FENCE, LINKED, PAGES, ROOT_PAGES, SPAN, text_of

LARGEST_PICTURE = 150_000
WIDTHS = (360, 1440)
_LINK = re.compile(r"""!?\[[^\]]*\]\(([^()\s]+)\)|<img src="([^"]+)\"""")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_FILE = re.compile(r"(?:bench|docs|migrations|portal|static|templates|tests|tools)/[\w/.-]+\.\w+")


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_leads_somewhere(page):
    faults = [target for target in links(page) if not leads_somewhere(page, target)]
    assert not faults, report(f"{page.relative_to(ROOT)} links to what is not there:", faults)


def links(page: Path) -> list[str]:
    text = SPAN.sub(lambda code: code[0] if "](" in code[0] else "``", FENCE.sub("", text_of(page)))
    found = (markdown or html for markdown, html in _LINK.findall(text))
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = unquote(target).partition("#")
    place = (page.parent / path).resolve() if path else page
    if not place.exists() or not place.is_relative_to(ROOT):
        return False
    return not anchor or (place.suffix == ".md" and anchor in anchors(place))


@cache
def anchors(page: Path) -> set[str]:
    """As the usual hosts make them of headings: the second of a name has a number."""
    found: list[str] = []
    for heading in _HEADING.findall(FENCE.sub("", text_of(page))):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.append(f"{slug}-{found.count(slug)}" if slug in found else slug)
    return set(found)


def test_each_page_is_linked_from_the_index_or_below():
    reached, open_pages = set(), [DOCS / "index.md"]
    while open_pages:
        page = open_pages.pop()
        if page not in reached:
            reached.add(page)
            targets = ((page.parent / target.partition("#")[0]).resolve() for target in links(page))
            open_pages += [target for target in targets if target.suffix == ".md" and target.is_relative_to(DOCS)]
    assert not set(PAGES) - reached, "pages that nobody finds"


def test_pictures_are_small_real_screens_and_all_are_shown():
    shown = {(page.parent / target).resolve() for page in LINKED for target in links(page) if target.endswith(".png")}
    pictures = set(DOCS.rglob("*.png"))
    assert pictures == shown
    for picture in pictures:
        content = picture.read_bytes()
        (width,) = struct.unpack(">I", content[16:20])
        assert len(content) <= LARGEST_PICTURE, picture
        assert width in WIDTHS, picture


def test_the_readme_is_short():
    assert len(text_of(ROOT / "README.md").splitlines()) <= 120


@pytest.mark.parametrize("page", [*ROOT_PAGES[:2], *PAGES], ids=lambda page: str(page.relative_to(ROOT)))
def test_each_file_that_is_named_exists(page):
    """`portal/config.py`, `templates/assets/_row.html`, and modules as `portal.worker.handlers`."""
    spans = [span.strip("`").partition("::")[0] for span in SPAN.findall(FENCE.sub("", text_of(page)))]
    paths = [span for span in spans if _FILE.fullmatch(span) and "NNNN" not in span]
    dotted = [span.split("(")[0] for span in spans if span.startswith("portal.") and "/" not in span]
    faults = [path for path in paths if not (ROOT / path).exists()]
    faults += [name for name in dotted if not is_module_or_in_one(name)]
    assert not faults, report(f"{page.relative_to(ROOT)} names what is not there:", faults)


def is_module_or_in_one(dotted: str) -> bool:
    """What a module holds is checked where a promise rests on it (test_promises.py)."""
    if ".example" in dotted or dotted.endswith(".db"):
        return True
    place = ROOT
    for part in dotted.split("."):
        if not (place / part).is_dir():
            return (place / part).with_suffix(".py").is_file() or (place / "__init__.py").is_file() and place != PACKAGE
        place /= part
    return True


def test_what_the_code_says_of_a_page_exists():
    folders = (PACKAGE, ROOT / "tests", ROOT / "tools", ROOT / "bench")
    files = [path for folder in folders for path in folder.rglob("*.py") if ".venv" not in path.parts]
    faults = [
        f"{path.relative_to(ROOT)}: {page}"
        for path in files
        for page in re.findall(r"\bdocs/[\w/-]+\.md\b", path.read_text(encoding="utf-8"))
        if not (ROOT / page).is_file()
    ]
    assert not faults, report("these pages do not exist:", faults)


def test_each_module_that_the_code_names_exists():
    """In docstrings and comments, where no import would notice."""
    known = [f"/{path.relative_to(ROOT).as_posix()}" for folder in ("portal", "tests", "tools", "migrations", "bench")
             for path in (ROOT / folder).rglob("*.py")]  # fmt: skip
    faults = [
        f"{path.relative_to(ROOT)} names {name}"
        for path in sorted((ROOT / "portal").rglob("*.py"))
        for name in re.findall(r"(?<![\w/.])[a-z_][\w/]*\.py\b", path.read_text(encoding="utf-8"))
        if not any(each.endswith(f"/{name}") for each in [*known, "/wsgi.py"])
    ]
    assert not faults, "\n".join(faults)
