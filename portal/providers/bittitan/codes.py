"""Coupon codes inside of what BitTitan writes. Its sentences are shown and kept, codes never: not one that is known, or
a piece of it, in whatever case and with whatever between its letters, nor anything else that looks like one.

Rather a word too many is hidden than a code shown.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache

HIDDEN = "[code removed]"
PIECE = 6
"""Of a code so many characters in a row are recognisable; our own masks show four."""
LONG_WORD = 16
"""Letters in capitals; digits alone from 8 on."""

_INSTANT = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?![\w-])")
_GROUP = re.compile(r"[^\W_]+")
_BETWEEN = re.compile(r"[\W_]{1,3}")

Span = tuple[int, int]
Which = Callable[[set[str]], Collection[str]]
_which_are_ours: list[Which] = []


def ask_about_ours(which: Which) -> None:
    """`which` knows the codes on record: of some words it names those that are one."""
    _which_are_ours[:] = [which]


def of_ours(text: str) -> set[str]:
    """Codes on record that a sentence of BitTitan's names; words that read like a language are not asked about."""
    words = {word.strip(".,;:!?()[]{}<>'\"“”‘’") for word in text.split()}
    odd = {word for word in words if len(word) >= PIECE - 2 and not _reads_well(word)}
    return {code for which in _which_are_ours if odd for code in which(odd)}


def _reads_well(word: str) -> bool:
    return word.isalpha() and (word.islower() or word.istitle())


def hide(text: str, known: Collection[str] = (), *, looks: bool = True) -> str:
    """With `looks` also what only looks like a code: where our own references stand, that would be they."""
    spans = list(_known(text, known))
    if looks:
        kept = [found.span() for found in _INSTANT.finditer(text)]
        spans += (each for each in _looking_like(text) if not any(_meet(each, it) for it in kept))
    return _without(text, spans)


def is_plain(text: str) -> bool:
    return hide(text) == text


def _known(text: str, known: Collection[str]) -> Iterator[Span]:
    places = [(place, mark) for place, letter in enumerate(text) if letter.isalnum() for mark in letter.casefold()]
    plain = "".join(mark for _, mark in places)
    pieces, codes_of_marks = _pieces_of(frozenset(known))
    for length in {len(piece) for piece in pieces}:
        for start in range(len(plain) - length + 1):
            if plain[start : start + length] in pieces:
                yield places[start][0], places[start + length - 1][0] + 1
    for code in codes_of_marks:
        yield from (found.span() for found in re.finditer(re.escape(code), text))


@lru_cache(maxsize=4)
def _pieces_of(known: frozenset[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Of all codes; and those without letters and digits, which are looked for as they are. Of a page of coupons, each
    text is asked about the same hundred codes: made anew for each, this took most of reading the page."""
    pieces = {code: _pieces(code) for code in known if code}
    return frozenset().union(*pieces.values()), tuple(code for code in pieces if not pieces[code])


def _pieces(code: str) -> set[str]:
    plain = "".join(mark for mark in code.casefold() if mark.isalnum())
    if len(plain) <= PIECE:
        return {plain} if len(plain) >= PIECE - 2 else set()
    return {plain[start : start + PIECE] for start in range(len(plain) - PIECE + 1)}


def _looking_like(text: str) -> Iterator[Span]:
    groups = [found.span() for found in _GROUP.finditer(text)]
    for run in _runs(text, groups, "-_‐‑‒–—"):
        words = [text[start:end] for start, end in run]
        if _is_code(words):
            yield run[0][0], run[-1][1]
    for run in _runs(text, groups, None):
        yield from _written_apart(text, run)


def _runs(text: str, groups: list[Span], between: str | None) -> Iterator[list[Span]]:
    """Groups that hang together by these marks; by any three at most for None."""
    run: list[Span] = []
    for group in groups:
        gap = text[run[-1][1] : group[0]] if run else ""
        hangs = _BETWEEN.fullmatch(gap) if between is None else gap and all(mark in between for mark in gap)
        if run and not hangs:
            yield run
            run = []
        run.append(group)
    if run:
        yield run


def _is_code(words: list[str]) -> bool:
    plain = "".join(words)
    if _is_mixed(plain):
        return len(plain) >= PIECE
    if plain.isdigit():
        return len(plain) >= 8
    if len(words) >= 3 and len({len(word) for word in words[1:]}) == 1 and len(words[1]) >= 4:
        return True
    return plain.isupper() and len(plain) >= LONG_WORD


def _written_apart(text: str, run: list[Span]) -> Iterator[Span]:
    """Groups of one length, of which one is like no word; or letter by letter."""
    words = [text[start:end] for start, end in run]
    for first, last in _stretches(words, lambda one, other: len(one) == len(other) == 1):
        if last - first >= PIECE:
            yield run[first][0], run[last - 1][1]
    for first, last in _stretches(words, _alike):
        plain = "".join(words[first:last])
        if last - first >= 2 and len(plain) >= 8 and _is_like_no_words(words[first:last]):
            yield run[first][0], run[last - 1][1]


def _stretches(words: list[str], belong) -> Iterator[Span]:
    first = 0
    for place in range(1, len(words) + 1):
        if place == len(words) or not belong(words[place - 1], words[place]):
            yield first, place
            first = place


def _alike(one: str, other: str) -> bool:
    return (len(one) == len(other) and len(one) >= 3) or (_is_odd(one) and _is_odd(other))


def _is_like_no_words(words: list[str]) -> bool:
    if any(_is_mixed(word) for word in words):
        return True
    is_apart = len(words) >= 3 and all(len(word) >= 4 for word in words)
    return is_apart and all(word.isupper() or word.isdigit() for word in words)


def _is_odd(word: str) -> bool:
    return len(word) >= 2 and (_is_mixed(word) or word.isupper() or word.isdigit())


def _is_mixed(word: str) -> bool:
    return any(mark.isdigit() for mark in word) and any(mark.isalpha() for mark in word)


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _without(text: str, spans: Iterable[Span]) -> str:
    """Spans that touch, or have nothing but marks between them, are one."""
    shown, end = [], 0
    for first, last in sorted(spans):
        if last <= end:
            continue
        if not shown or any(mark.isalnum() for mark in text[end:first]):
            shown += [text[end:first], HIDDEN]
        end = last
    return "".join([*shown, text[end:]])
