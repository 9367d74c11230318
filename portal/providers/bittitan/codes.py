"""Removes coupon codes from BitTitan's messages, which are shown and stored.

Removes known codes and pieces of them, in any case and with anything between their letters, and all that looks like a
code. When in doubt it removes a word too many rather than show a code.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache

HIDDEN = "[code removed]"
PIECE = 6
"""A code is recognisable by this many consecutive characters; our own masks show four."""
LONG_WORD = 16
"""A word of this many capital letters looks like a code; digits alone do from 8 on."""

_INSTANT = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?![\w-])")
_GROUP = re.compile(r"[^\W_]+")
_BETWEEN = re.compile(r"[\W_]{1,3}")

Span = tuple[int, int]
FindRecorded = Callable[[set[str]], Collection[str]]
_find_recorded: list[FindRecorded] = []


def register_code_lookup(find_recorded: FindRecorded) -> None:
    """Sets the function that finds recorded codes: it returns those of the given words that are codes on record."""
    _find_recorded[:] = [find_recorded]


def known_codes_in(text: str) -> set[str]:
    """Returns the recorded codes in a message. Does not query words that look like natural language."""
    words = {word.strip(".,;:!?()[]{}<>'\"“”‘’") for word in text.split()}
    odd = {word for word in words if len(word) >= PIECE - 2 and not _is_natural(word)}
    return {code for find_recorded in _find_recorded if odd for code in find_recorded(odd)}


def _is_natural(word: str) -> bool:
    return word.isalpha() and (word.islower() or word.istitle())


def hide(text: str, known: Collection[str] = (), *, looks: bool = True) -> str:
    """Replaces known codes. With `looks` also what looks like a code; not for fields with our own references, which
    look like codes."""
    spans = list(_known(text, known))
    if looks:
        instants = [match.span() for match in _INSTANT.finditer(text)]
        spans += (span for span in _looking_like(text) if not any(_overlap(span, instant) for instant in instants))
    return _without(text, spans)


def is_plain(text: str) -> bool:
    return hide(text) == text


def _known(text: str, known: Collection[str]) -> Iterator[Span]:
    places = [(place, mark) for place, letter in enumerate(text) if letter.isalnum() for mark in letter.casefold()]
    plain = "".join(mark for _, mark in places)
    pieces, lengths, codes_of_marks = _pieces_of(frozenset(known))
    for length in lengths:
        for start in range(len(plain) - length + 1):
            if plain[start : start + length] in pieces:
                yield places[start][0], places[start + length - 1][0] + 1
    for code in codes_of_marks:
        yield from (match.span() for match in re.finditer(re.escape(code), text))


@lru_cache(maxsize=4)
def _pieces_of(known: frozenset[str]) -> tuple[frozenset[str], frozenset[int], tuple[str, ...]]:
    """Returns the pieces of all codes, the lengths of these pieces, and the codes without letters and digits, which are
    searched for as they are. Cached, because each text of a page of coupons is checked for the same hundred codes:
    without the cache this took most of the time to read a page."""
    pieces = {code: _pieces(code) for code in known if code}
    every = frozenset().union(*pieces.values())
    return every, frozenset(map(len, every)), tuple(code for code in pieces if not pieces[code])


def _pieces(code: str) -> set[str]:
    plain = "".join(mark for mark in code.casefold() if mark.isalnum())
    if len(plain) <= PIECE:
        return {plain} if len(plain) >= PIECE - 2 else set()
    return {plain[start : start + PIECE] for start in range(len(plain) - PIECE + 1)}


def _looking_like(text: str) -> Iterator[Span]:
    groups = [match.span() for match in _GROUP.finditer(text)]
    for run in _runs(text, groups, "-_‐‑‒–—"):
        words = [text[start:end] for start, end in run]
        if _is_code(words):
            yield run[0][0], run[-1][1]
    for run in _runs(text, groups, None):
        yield from _written_apart(text, run)


def _runs(text: str, groups: list[Span], between: str | None) -> Iterator[list[Span]]:
    """Yields runs of groups that are joined only by the marks in `between`; None means by at most three marks."""
    run: list[Span] = []
    for group in groups:
        gap = text[run[-1][1] : group[0]] if run else ""
        is_joined = _BETWEEN.fullmatch(gap) if between is None else gap and all(mark in between for mark in gap)
        if run and not is_joined:
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
    """Yields codes written in groups of equal length of which one is no word, or letter by letter."""
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


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _without(text: str, spans: Iterable[Span]) -> str:
    """Replaces the spans. Spans with no letter or digit between them are replaced as one."""
    shown, end = [], 0
    for first, last in sorted(spans):
        if last <= end:
            continue
        if not shown or any(mark.isalnum() for mark in text[end:first]):
            shown += [text[end:first], HIDDEN]
        end = last
    return "".join([*shown, text[end:]])
