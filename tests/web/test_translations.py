"""The catalogues in portal/translations: in step with the texts, and complete in each language that is offered."""

import ast
import re

import pytest
from babel.messages.pofile import read_po

from portal.core import catalogues, languages
from tools import translations

pytestmark = pytest.mark.sqlite
OFFERED = [code for code in languages.OFFERED if code != "en"]
_PLACES = re.compile(r"%\(\w+\)s|%%|\{\{ ?\w+ ?\}\}|\{\}|</?\w+[^>]*>")

_QUOTED = re.compile("“([^”]+)”")


@pytest.fixture(scope="module")
def texts():
    return {message.id for message in translations.extracted() if message.id}


def test_no_text_stands_in_an_f_string_where_babel_does_not_find_it():
    """Before Python 3.12."""
    hidden = [
        f"{path}:{node.lineno}"
        for path in translations.modules()
        for string in ast.walk(ast.parse(path.read_text()))
        if isinstance(string, ast.JoinedStr)
        for node in ast.walk(string)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in translations.KEYWORDS
    ]
    assert not hidden


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_a_catalogue_has_just_the_texts_that_are_there(language, texts):
    catalogue = translations.read(language)
    assert {message.id for message in catalogue if message.id} == texts, "run `make translations`"
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", OFFERED)
def test_an_offered_language_is_complete(language):
    with catalogues.path_of(language).open("rb") as file:
        catalogue = read_po(file, locale=language)
    assert not list(translations.missing(catalogue)), "translate them, or do not offer the language"
    assert not [message.id for message in catalogue if message.id and message.fuzzy]


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_a_translation_has_the_placeholders_tags_and_edges_of_its_text(language):
    faults = [pair for pair in _pairs(language) if pair[1] and _shape(pair[0]) != _shape(pair[1])]
    assert not faults, faults


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_what_a_sentence_quotes_is_quoted_as_it_is_translated(language):
    """A button, field or page that a sentence names has the name by which people find it."""
    known = dict(_pairs(language))
    quotes = [(text, known.get(name) or known.get(f"{name}…")) for text in known for name in _QUOTED.findall(text)]
    named = [(text, name.removesuffix("…")) for text, name in quotes if name]
    assert named
    faults = [(name, known[text]) for text, name in named if known[text] and not _quotes(known[text], name)]
    assert not faults, faults


def _quotes(said: str, name: str) -> bool:
    return re.search(rf"[„«“][\u00a0\u202f ]?{re.escape(name)}…?[\u00a0\u202f ]?[“»”]", said) is not None


def _pairs(language):
    """Text and translation, as far as there is one; each plural form beside its own."""
    for message in translations.read(language):
        if message.id and message.pluralizable:
            yield from zip(message.id, message.string, strict=True)
        elif message.id:
            yield message.id, message.string


def _shape(text):
    return (set(_PLACES.findall(text)), text[:1].isspace(), text[-1:].isspace(), text.count("\n\n"))
