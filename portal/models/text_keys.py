"""Stored keys of texts. What is the same, what a search finds and what stands beside what are three questions.

Migrations compute them with these functions, too: whoever changes one has to compute the stored keys anew.
"""

import unicodedata
from functools import cache, lru_cache
from struct import pack

from pyuca.collator import Collator_10_0_0

LONGEST = 200
"""Characters of a text key."""
LONGEST_SORT = 300
"""Bytes of a sort key: the first 150 letters."""
AFTER_ALL = b"\xff\xff"
"""Greater than every letter in a sort key."""
_COMMON = 0x20
"""The secondary weight of a letter without a mark."""
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "đ": "d", "ø": "o", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "ŋ": "n"}
    | dict.fromkeys("‘’‚‛ʼʹ′´`", "'")
    | dict.fromkeys("“”„‟«»″", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
)
"""What Unicode does not decompose, as people type it."""


def fold(text: str) -> str:
    """The same for two spellings of one code or number."""
    return without_case(text)[:LONGEST]


def without_case(text: str) -> str:
    """As `fold`, of a text of any length."""
    return unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=10_000)
def search_key(text: str) -> str:
    """What a search compares: small letters without accents and ligatures, plain quotes and dashes, single spaces."""
    if text.isascii():
        return " ".join(text.lower().replace("`", "'").split())[:LONGEST]
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS))
    plain = unicodedata.normalize("NFC", "".join(mark for mark in apart if not _is_accent(mark)))
    return " ".join(plain.split())[:LONGEST]


@lru_cache(maxsize=10_000)
def collation_key(text: str) -> bytes:
    """Orders names by the Unicode Collation Algorithm (DUCET): letters first, then accents; capitals make no
    difference."""
    elements = _elements(text)
    accents = [element[1] for element in elements if element[1]]
    while accents and accents[-1] == _COMMON:
        accents.pop()
    return (_letters(elements) + bytes(2) + _packed(accents))[:LONGEST_SORT]


def collation_prefix(text: str) -> bytes:
    """How the keys of all names begin that begin with this text, accents aside. Empty if it has no letter or sign."""
    return _letters(_elements(text))[: LONGEST_SORT - 2]


def load() -> None:
    """Reads the table of the algorithm, which takes 0.15 s and 13 MB; otherwise the first use of a key does."""
    _collator()


def _is_accent(mark: str) -> bool:
    """Marks above, below and through letters, and vowel points; not the signs of Indic, Thai or Japanese syllables.
    Invisible characters count as well."""
    if "\ufe00" <= mark <= "\ufe0f" or unicodedata.category(mark) == "Cf":
        return True
    kind = unicodedata.combining(mark)
    return kind == 1 or 10 <= kind <= 36 or kind >= 200


def _elements(text: str) -> list:
    return _collator().collation_elements(unicodedata.normalize("NFD", text[:LONGEST]))


def _letters(elements: list) -> bytes:
    return _packed([element[0] for element in elements if element[0]])


def _packed(weights: list[int]) -> bytes:
    return pack(f">{len(weights)}H", *weights)


@cache
def _collator() -> Collator_10_0_0:
    return Collator_10_0_0()
