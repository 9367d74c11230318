"""A search term in the forms that the search statements need."""

import re
from dataclasses import dataclass

from portal.core.statement_cache import StatementArgs
from portal.models import Right, User
from portal.models.text_keys import AFTER_ALL, collation_prefix, fold, search_key

SHORT = 3
"""A term of at least this length is found anywhere in a name; a shorter one only at its beginning."""
LONGEST = 200
LONG, PIECES = 9, 4
"""From this length on, a term is looked up by so many trigrams."""
_NUMBER = re.compile(r"(?:as-)?0*([1-9][0-9]{0,9})", re.ASCII)
_WORD = re.compile(r"[^\W_]{3}")
"""What PostgreSQL has a trigram of, anywhere in a name."""
_TRIGRAM = re.compile(r"[^\W_]{3}|\W[^\W_]{2}|[^\W_]{2}\W|\W[^\W_]\W")
"""The same, and the beginnings and ends of words."""
_NO_SIGNS = re.compile(r"[a-zA-Z0-9\s]", re.ASCII)
_SPECIAL, _NO_CODE = re.compile("[/%_]"), re.compile("[^a-z0-9]")


@dataclass(frozen=True)
class Term(StatementArgs):
    key: str
    """Like the keys of the names that it is compared with."""
    prefix: bytes
    """How the sort keys of the names begin that begin with it."""
    prefix_end: bytes
    """Greater than all of them."""
    folded: str
    """For old numbers."""
    pattern: str
    """A LIKE pattern for text that contains the term, with `/` as the escape character."""
    code_pattern: str
    """The same for PostgreSQL’s index of codes: each sign is a zero."""
    phrase: str
    """For SQLite’s full-text query."""
    pieces: str
    """The same for names of accounts, which are compared with the term afterwards: of a long term only some trigrams,
    spread over it, as names often differ at their end only. To follow each trigram reads five times as many pages."""
    signs: str
    """Each sign in it, and each character beyond ASCII."""
    number: int | None
    is_short: bool
    is_of_signs: bool
    """It contains nothing that PostgreSQL has a trigram of."""
    is_of_letters: bool
    """Only single letters, such as `a b`: PostgreSQL has a trigram only of a word that begins with the last of them."""
    finds_codes: bool
    """Only for people who may reveal codes. For others a code never matches, so that they cannot find one by
    counting."""
    finds_old_numbers: bool
    """Numbers of the system that an asset was imported from; only for people who may see them."""


def understand(viewer: User, text: str) -> Term | None:
    """None for a term that cannot be a name, number or code."""
    text = text.strip()
    key, prefix = search_key(text[:LONGEST]), collation_prefix(text)
    if not (key and prefix) or len(text) > LONGEST or "\0" in text:
        return None
    signs = "".join(sorted(set(_NO_SIGNS.sub("", key))))
    is_short = len(key) < SHORT
    return Term(
        key,
        prefix,
        prefix + AFTER_ALL,
        fold(text),
        "%" + _SPECIAL.sub(r"/\g<0>", key) + "%",
        "%" + _NO_CODE.sub("0", key) + "%",
        _full_text(key),
        _full_text(*(_spread(key) if len(key) >= LONG else [key])),
        signs,
        _number(key),
        is_short,
        is_of_signs=bool(signs) and not _WORD.search(key),
        is_of_letters=not signs and not _TRIGRAM.search(key),
        finds_codes=not is_short and key.isascii() and " " not in key and viewer.may(Right.REVEAL_CODES),
        finds_old_numbers=not is_short and viewer.may(Right.SEE_INTERNALS),
    )


def _spread(key: str) -> list[str]:
    """Trigrams from its first to its last."""
    starts = ((len(key) - 3) * place // (PIECES - 1) for place in range(PIECES))
    return [key[start : start + 3] for start in starts]


def _full_text(*pieces: str) -> str:
    quoted = ('"' + piece.replace('"', '""') + '"' for piece in pieces)
    return f"text : ({' AND '.join(quoted)})"


def _number(key: str) -> int | None:
    match = _NUMBER.fullmatch(key)
    number = int(match[1]) if match else 0
    return number if 0 < number < 2**31 else None
