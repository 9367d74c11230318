"""Tests read pages with a parser of their own (tests/parsing.py), which sees what `html.parser` sees."""

import pytest
from bs4 import BeautifulSoup, Tag

from tests.parsing import _tokens, soup_of

pytestmark = pytest.mark.sqlite  # how a page is read is the same on both
PAGES = ("/bss/", "/bss/billing/assets", "/bss/billing/assets/1", "/accounts", "/accounts/new", "/bss/setup/bittitan")
PLAIN = [
    "<p>one<p>two",
    "a &lt; b &amp;c; &eacute <b>bold</b></i> rest",
    '<input name=\'a\' VALUE="&quot;x&quot;" value="y" checked><br/>after',
    "<svg><circle r='1'/><path d='M0'></path></svg>",
    "<table><tr><td>1<td>2</table>\n<select><option selected>a<option>b</select>",
    "<textarea>\n&lt;b&gt;</textarea><template><li>x</li></template><script src='a.js'></script>",
]
STRANGE = [
    "<!-- a comment --><p>x</p>",
    "<script>if (a < b) {}</script>",
    "<p class=plain>x</p>",
    "1 < 2 <p>x</p>",
    "<p",
]


def nodes(soup: BeautifulSoup) -> list[tuple]:
    return [(type(node), node.parent.name, _content(node)) for node in soup.descendants]


def _content(node) -> tuple | str:
    return (node.name, dict(node.attrs)) if isinstance(node, Tag) else str(node)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["whole", "fragment"])
def test_pages_are_read_as_html_parser_reads_them(world, browse, headers):
    world.asset("review", name='5 < 6 & "more"')
    dana = browse("dana")
    for url in PAGES:
        body = dana.raw("GET", url, headers=headers).get_data(as_text=True)
        assert _tokens(body) is not None, f"{url} is read slowly"
        assert nodes(soup_of(body)) == nodes(BeautifulSoup(body, "html.parser")), url


@pytest.mark.parametrize("markup", PLAIN)
def test_so_is_what_is_odd_in_them(markup):
    assert _tokens(markup) is not None
    assert nodes(soup_of(markup)) == nodes(BeautifulSoup(markup, "html.parser"))


@pytest.mark.parametrize("markup", STRANGE)
def test_what_it_does_not_know_html_parser_reads(markup):
    assert _tokens(markup) is None
    assert nodes(soup_of(markup)) == nodes(BeautifulSoup(markup, "html.parser"))
