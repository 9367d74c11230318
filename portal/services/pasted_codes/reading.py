"""Reads pasted text: where a coupon code may stand in it, and how that code may be spelt. Asks no database.

What clings to a code does not count: signs, quotes, a label, invisible characters, letters of another script. Every
dash is the same dash; it may be a space, or missing.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

LONGEST = 128
"""Characters of a code."""
SHORTEST, _SHORTEST_PLAIN = 6, 10
"""Letters and digits of a code that is recognised inside other text: mixed, or only one kind. A shorter one, or a
single word of a language, has to be the whole text."""
_PIECE = 8
"""Letters and digits that somebody may search for as a piece of a code are fewer."""
_SHAPE = 12
"""Letters and digits from which a word may be a code that is not on record."""
_LONG_WORD = 16
"""The same for a word of capital letters, or of digits."""
_MOST = 300
"""Characters that are read: an address holds fewer of a search."""
_MOST_WORDS = 10
"""Groups of a code."""
_DASHES = "\u2212\u2043\u02d7\u30fc"
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_WORD = re.compile(r"[A-Za-z0-9]+")
_EDGES = ".,:;!?'\"`´()[]{}<>«»‹›“”„‟‘’‚‛…。、，：；！？「」『』【】（）|*_-"
_LABEL = re.compile(r"(?:[^\W\d_]+ )*[^\W\d_]+ ?[:=#]")
_FOREIGN_EDGES = re.compile(r"^[^!-~]+|[^!-~]+$")
_MASKED = re.compile(r"[•●∙◦▪*]{2,}[ -]*[A-Za-z0-9]")
_CROSSED_OUT = re.compile(r"(?:\bx{3,}[ -]?){2,}[A-Za-z0-9]", re.IGNORECASE)

Span = tuple[int, int]


def plain(text: str) -> str:
    """The text on one line, without invisible characters, with one kind of dash."""
    marks = (_plain_mark(mark) for mark in unicodedata.normalize("NFKC", text) if not _is_invisible(mark))
    return " ".join("".join(marks).split())


def _plain_mark(mark: str) -> str:
    kind = unicodedata.category(mark)
    if kind == "Pd" or mark in _DASHES:
        return "-"
    return " " if kind[0] == "Z" or kind == "Cc" else mark


def _is_invisible(mark: str) -> bool:
    is_variation = "\ufe00" <= mark <= "\ufe0f" or "\u180b" <= mark <= "\u180d"
    return is_variation or mark in _BLANK or unicodedata.category(mark) == "Cf"


@dataclass(frozen=True)
class _Word:
    start: int
    end: int
    text: str

    @property
    def is_natural(self) -> bool:
        return self.text.isalpha() and (self.text.islower() or self.text.istitle())

    @property
    def is_mixed(self) -> bool:
        return _changes(self.text) > 0


class Pasted:
    def __init__(self, text: str):
        self.typed = text.strip()[:_MOST]
        self.text = plain(text)[:_MOST]
        self.has_invisible = any(map(_is_invisible, text))
        self.words = [_Word(*match.span(), match.group()) for match in _WORD.finditer(self.text)]

    @property
    def is_masked(self) -> bool:
        """It shows the end of a code only, as lists do."""
        has_mask = not self.shapes and _MASKED.search(self.text)
        return bool(has_mask or _CROSSED_OUT.search(self.text))

    @cached_property
    def shapes(self) -> list[Span]:
        """Where something has the shape of a whole code, whether or not there is such a code."""
        dashed = [(run[0].start, run[-1].end) for run in self._runs("-") if _is_shape(run)]
        return dashed or [(run[0].start, run[-1].end) for run in self._runs(" ") if _is_written_apart(run)]

    @property
    def may_be_code(self) -> bool:
        """It has a word of letters and digits that is more than a name with a number, in the shape of a code or not."""
        joined = ("".join(word.text for word in run) for run in self._runs("-"))
        return bool(self.shapes) or any(len(text) >= _PIECE and _changes(text) > 1 for text in joined)

    @property
    def is_words(self) -> bool:
        """Short, or made of nothing but words of a language: not worth a look into the database."""
        if sum(len(word.text) for word in self.words) < SHORTEST:
            return True
        return all(word.is_natural for word in self.words)

    @cached_property
    def spellings(self) -> dict[str, Span]:
        """How a code on record would be spelt, and where it would stand in the text."""
        found: dict[str, Span] = {self.typed: (0, len(self.text))}
        for text, span in self._places():
            if text and len(text) <= LONGEST and self._may_stand(span):
                for spelling in (text, text.upper(), text.lower()):
                    found.setdefault(spelling, span)
        return found

    def place_of(self, code: str) -> Span:
        return self.spellings.get(code, (0, len(self.text)))

    def slice(self, place: Span) -> str:
        return self.text[place[0] : place[1]]

    def different(self, places: Iterable[Span]) -> set[str]:
        """The texts at these places, where dashes and case make no difference."""
        return {"".join(_WORD.findall(self.slice(place))).lower() for place in apart(places)}

    def without_surroundings(self) -> list[str]:
        """The pieces between spaces without labels and the signs at their edges. Words before and after are left out,
        too, if what remains is mixed like a code: a number alone may be the end of one."""
        pieces = [_without_edges(piece) for piece in _LABEL.sub(" ", self.text).split()]
        pieces = [piece for piece in pieces if piece]
        places = [place for place, piece in enumerate(pieces) if not _is_remark(piece)]
        inner = pieces[places[0] : places[-1] + 1] if places else []
        joined = "".join(_WORD.findall(" ".join(inner)))
        return inner if len(joined) >= SHORTEST and _changes(joined) else pieces

    @property
    def pieces(self) -> list[str]:
        """Those that may be a code in other letters. A short one has to be the whole text, as in `_may_stand`."""
        pieces = [piece for piece in self.without_surroundings() if not piece.isalpha()]
        lengths = (len("".join(_WORD.findall(piece))) for piece in pieces)
        is_all = len(self.without_surroundings()) == 1
        return [piece for piece, length in zip(pieces, lengths, strict=True) if is_all or length >= SHORTEST]

    @property
    def written_together(self) -> str:
        """Without what surrounds it. Groups of one length that look like a code get dashes between them; anything else
        keeps its spaces, because it is more than one code."""
        pieces = self.without_surroundings()
        if len(set(pieces)) == 1:
            return pieces[0]
        groups = {len(piece) for piece in pieces[1:]}
        is_one = bool(self.shapes) and len(groups) == 1 and all(map(str.isalnum, pieces))
        return ("-" if is_one else " ").join(pieces)

    def _places(self) -> Iterator[tuple[str, Span]]:
        yield self.text, (0, len(self.text))
        for match in re.finditer(r"\S+", self.text):
            for piece in (match.group(), match.group().strip(_EDGES)):
                yield piece, _inside(match, piece)
        for first in range(len(self.words)):
            for last in range(first, min(first + _MOST_WORDS, len(self.words))):
                yield from self._joined(self.words[first : last + 1])

    def _joined(self, words: list[_Word]) -> Iterator[tuple[str, Span]]:
        span = words[0].start, words[-1].end
        yield self.text[span[0] : span[1]], span
        for sign in ("-", ""):
            yield sign.join(word.text for word in words), span
        if len(words) == 1:
            yield from ((grouped, span) for grouped in _grouped(words[0].text))

    def _may_stand(self, span: Span) -> bool:
        """Whether a code there would be a code of its own, and not a common word or a piece of a longer code."""
        inside = [word for word in self.words if span[0] <= word.start and word.end <= span[1]]
        if len(inside) == len(self.words):
            return True
        joined = "".join(word.text for word in inside)
        is_common = len(inside) == 1 and inside[0].is_natural
        if is_common or len(joined) < (SHORTEST if _changes(joined) else _SHORTEST_PLAIN):
            return False
        return not any(self._continues(span, word) for word in self.words)

    def _continues(self, span: Span, word: _Word) -> bool:
        is_next_to = (span[1] + 1, word.end + 1)
        if word.start == is_next_to[0]:
            between = self.text[span[1]]
        elif span[0] == is_next_to[1]:
            between = self.text[word.end]
        else:
            return False
        return between == "-" and not word.is_natural

    def _runs(self, sign: str) -> Iterator[list[_Word]]:
        """Words with one dash between them each, or for a space with anything short."""
        run: list[_Word] = []
        for word in self.words:
            between = self.text[run[-1].end : word.start] if run else ""
            if run and not (between == sign or (sign == " " and len(between) <= 3)):
                yield run
                run = []
            run.append(word)
        if run:
            yield run


def _is_shape(run: list[_Word]) -> bool:
    """SBX-7KQ2-M9TA-…, or a dozen mixed letters and digits: neither a customer's name nor one of our numbers."""
    text, groups = "-".join(word.text for word in run), run[1:]
    if len(text) >= _LONG_WORD and (text.replace("-", "").isdigit() or (not groups and text.isupper())):
        return True
    if len(groups) >= 2 and len({len(group.text) for group in groups}) == 1 and len(groups[0].text) >= 4:
        return any(group.is_mixed for group in groups)
    return len(text) >= (_LONG_WORD if groups else _SHAPE) and _changes(text) >= 3


def _is_written_apart(run: list[_Word]) -> bool:
    if all(word.text.isdigit() for word in run):
        return sum(len(word.text) for word in run) >= _LONG_WORD
    alike = ((one, other) for one, other in pairwise(run) if len(one.text) == len(other.text) >= 4)
    return len(run) > 2 and any(one.is_mixed or other.is_mixed for one, other in alike if not _are_names(one, other))


def _are_names(one: _Word, other: _Word) -> bool:
    return one.is_natural or other.is_natural


def _grouped(word: str) -> Iterator[str]:
    """With dashes after a first group of any length, and after each further one: all alike, the last may be shorter."""
    if len(word) < SHORTEST or (len(word) < _SHAPE and not _has_digit(word)):
        return
    for first in range(1, min(len(word), 13)):
        rest = word[first:]
        for size in {*range(2, 9), len(rest)}:
            yield "-".join([word[:first], *(rest[start : start + size] for start in range(0, len(rest), size))])


def _inside(match: re.Match, piece: str) -> Span:
    start = match.start() + match.group().find(piece)
    return start, start + len(piece)


def _changes(text: str) -> int:
    """How often letters and digits alternate; a dash is like a letter."""
    return sum(one.isdigit() != other.isdigit() for one, other in pairwise(text))


def _has_digit(text: str) -> bool:
    return any(mark.isdigit() for mark in text)


def _is_remark(piece: str) -> bool:
    return all(word.isalpha() and not word.isupper() for word in piece.split("-"))


def _without_edges(piece: str) -> str:
    inner = _FOREIGN_EDGES.sub("", piece)
    return (inner if _has_digit(inner) else piece).strip(_EDGES)


def apart(spans: Iterable[Span]) -> list[Span]:
    """The longest ones, of which no two overlap."""
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda each: each[0] - each[1]):
        if not any(span[0] < other[1] and other[0] < span[1] for other in kept):
            kept.append(span)
    return kept
