"""Pseudo-locales: languages that are made from the English texts, to find what was not
translated and what does not fit.

`en_XA` is longer, and each of its letters bears a mark. `ar_XB` is written from right to left.
"""

import re
from gettext import NullTranslations

from babel import Locale
from flask import Flask

from portal.core import languages
from portal.core.languages import Language

_KEPT = re.compile(r"%\(\w+\)s|%%|\{\{ ?\w+ ?\}\}|\{\}|</?\w+[^>]*>|&#?\w+;|https?://\S+")
_LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MARKED = "ÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽåƀçðéƒĝĥîĵķļṁñöþǫŕšţûṽŵẋýž"
_HEBREW = "אבגדהוזחטיכלמנסעפצקרשתםןףץ"


_LONGER_BY = 0.35
"""As German is, and more for a single word."""


class PseudoTexts(NullTranslations):
    """Placeholders, tags and the edges of a text stay as they are."""

    def __init__(self, letters: str):
        super().__init__()
        self._letters = str.maketrans(_LATIN, letters)

    def gettext(self, text: str) -> str:
        body = text.strip()
        return text.replace(body, self._translated(body)) if body else text

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one if number == 1 else many)

    def _translated(self, text: str) -> str:
        pieces, place = [], 0
        for kept in _KEPT.finditer(text):
            pieces += [text[place : kept.start()].translate(self._letters), kept[0]]
            place = kept.end()
        pieces.append(text[place:].translate(self._letters))
        more = "lorem ipsum dolor sit amet " * 40
        length = round(len(_KEPT.sub("", text)) * _LONGER_BY)
        return "".join((*pieces, more[:length].rstrip().translate(self._letters)))


LONGER = Language("en_XA", Locale("el"), PseudoTexts(_MARKED))
RIGHT_TO_LEFT = Language("ar_XB", Locale("ar"), PseudoTexts(_HEBREW * 2))
LOCALES = {each.code: each for each in (LONGER, RIGHT_TO_LEFT)}


def offer(app: Flask) -> None:
    with app.app_context():
        languages.offered().update(LOCALES)
