"""What came back: a page, a fragment of one, or something else, as a person would read it."""

import re
from functools import cached_property

from bs4 import BeautifulSoup, NavigableString, Tag
from werkzeug.test import TestResponse

from tests.parsing import soup_of

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
NOT_IN_A_BADGE = {"badge__act", "visually-hidden"}
UNSEEN = ("script", "style", "template", "title")


class Page:
    def __init__(
        self, response: TestResponse, *, url: str, method: str = "GET", trail: tuple[int, ...] = (), asked=None
    ):
        self.response = response
        self.url = url
        self.method = method
        self.trail = trail
        """The statuses of the redirects that led here."""
        self.asked = asked
        """The element whose htmx attributes asked for it; None for a whole page."""
        self.status = response.status_code
        self.headers = response.headers
        content = response.get_data()  # read to its end in each case
        self.body = "" if response.mimetype == "application/zip" else content.decode()

    def __repr__(self) -> str:
        return f"<{self.method} {self.url} {self.status}: {self.text[:200]}>"

    @cached_property
    def soup(self) -> BeautifulSoup:
        return soup_of(self.body)

    @cached_property
    def tags(self) -> list[Tag]:
        """All elements in order: what looks at many of them looks here, which is far faster than a selector."""
        return tags_in(self.soup)

    def tagged(self, *names: str) -> list[Tag]:
        return [tag for tag in self.tags if tag.name in names]

    def having(self, attribute: str) -> list[Tag]:
        return [tag for tag in self.tags if attribute in tag.attrs]

    @cached_property
    def by_id(self) -> dict[str, Tag]:
        return {tag["id"]: tag for tag in self.having("id")}

    @property
    def parts(self) -> dict[str, Tag]:
        """What takes its places elsewhere on the page (out of band), by id."""
        soup = soup_of(re.sub("</?template>", "", self.body))
        parts = soup.find_all(attrs={"hx-swap-oob": True})
        for part in parts:
            del part["hx-swap-oob"]
        return {part["id"]: part for part in parts}

    def after(self, answer: "Page") -> "Page":
        """The region of this page that `answer` was for, once it was swapped in. Parts take the places of those with
        their ids, as htmx does it; a part that finds no place is a mistake."""
        if answer.headers.get("HX-Reswap") != "none":
            return answer
        soup = soup_of(self.body)
        region, beside = soup.select_one(answer.asked["hx-target"]), []
        for name, part in answer.parts.items():
            place = region.find(id=name)
            assert place or name in ("flash", "signal") or soup.find(id=name), f"no place on {self!r} for #{name}"
            beside.append(part) if place is None else place.replace_with(part)
        old = region.find(id=answer.asked["id"])
        assert old is None or old != answer.asked, f"{answer!r} leaves the old link: the page would look no more"
        after = Page(answer.response, url=answer.url, method=answer.method, trail=answer.trail, asked=answer.asked)
        after.body = f"{region}{''.join(str(part) for part in beside)}"
        return after

    @property
    def is_html(self) -> bool:
        return self.response.mimetype == "text/html" and bool(self.body)

    @cached_property
    def is_whole(self) -> bool:
        return self.soup.html is not None

    @property
    def title(self) -> str:
        return words(self.soup.title)

    @property
    def h1(self) -> str:
        return words(self.soup.h1)

    @property
    def badge(self) -> str:
        """The first sync status; beside the heading on a detail page."""
        return self.badges[0]

    @property
    def badges(self) -> list[str]:
        return badges_in(self.soup)

    @property
    def flash(self) -> str:
        return words(self.soup.select_one("#flash"))

    @property
    def errors(self) -> list[str]:
        """The sentences beside fields."""
        return [words(each) for each in self.soup.select(".field__error")]

    @property
    def csrf_token(self) -> str | None:
        found = TOKEN.search(self.body)  # of every answer, so without parsing it
        return found and found.group(1)

    @property
    def forms(self) -> list[Tag]:
        return self.tagged("form")

    @property
    def links(self) -> dict[str, str]:
        return {words(link): link["href"] for link in self.soup.select("a[href]")}

    @property
    def buttons(self) -> list[str]:
        return [words(button) for button in self.soup.find_all("button")]

    @cached_property
    def text(self) -> str:
        """All that can be read, in one line."""
        return words(self.soup)

    @property
    def rows(self) -> list[str]:
        """The lines of all tables, heads left out."""
        return [words(row) for row in self.soup.select("tbody tr")]

    @property
    def facts(self) -> dict[str, str]:
        """What `dl` lists say: label -> value."""
        return {words(dt): words(dt.find_next_sibling("dd")) for dt in self.soup.find_all("dt")}

    def one(self, css: str) -> Tag:
        found = self.soup.select(css)
        assert len(found) == 1, f"{len(found)} times {css} in {self!r}"
        return found[0]

    def value(self, name: str) -> str | None:
        """What the field of this name holds."""
        field = self.soup.find(attrs={"name": name})
        assert field is not None, f"no field {name!r} in {self!r}"
        if field.name == "textarea":
            return field.get_text().removeprefix("\r\n").removeprefix("\n")
        if field.name == "select":
            chosen = field.select_one("option[selected]") or field.find("option")
            return chosen and chosen.get("value", words(chosen))
        return field.get("value", "")


def tags_in(element: Tag) -> list[Tag]:
    return [node for node in element.descendants if isinstance(node, Tag)]


def badges_in(soup: BeautifulSoup) -> list[str]:
    """Without selectors, which are compiled anew in each process that a test forks."""
    return [_without(tag, NOT_IN_A_BADGE) for tag in tags_in(soup) if "badge" in tag.get("class", ())]


def words(element: Tag | None) -> str:
    """The visible text in one line."""
    if element is None:
        return ""
    strings = (text for text in element.descendants if _is_text(text) and text.parent.name not in UNSEEN)
    return re.sub(r"\s+", " ", "".join(strings)).strip() if element.name != "title" else element.get_text().strip()


def _is_text(node) -> bool:
    return type(node) is NavigableString


def _without(element: Tag, classes: set[str]) -> str:
    hidden = [tag for tag in tags_in(element) if classes & set(tag.get("class", ()))]
    strings = (text for text in element.find_all(string=True) if not any(part in hidden for part in text.parents))
    return re.sub(r"\s+", " ", "".join(strings)).strip()
