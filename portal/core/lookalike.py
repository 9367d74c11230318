"""What a code looks like: two that people, or a spreadsheet, take for each other have the same look.

Follows the idea of Unicode’s confusable characters (UTS 39), for the letters that codes are made of: capital letters of
other alphabets, dashes of all kinds, O and 0, I, l and 1. Marks and invisible characters do not count, nor do zeros in
front of a number.
"""

import re
import unicodedata

_LATIN_FOR = str.maketrans(
    {
        # Greek and Cyrillic, whose capital letters look like Latin ones, and Latin letters with a stroke
        **dict(zip("αβεζηικμνορτυχ", "abezhikmnoptyx", strict=True)),
        **dict(zip("авекмнорстухіјѕԁԛԝһӏґзбчь", "abekmhopctyxijsdqwhlr364b", strict=True)),
        **dict(zip("ıłøđħŧɡ", "ilodhtg", strict=True)),
    }
)
_LIKE_DIGITS = str.maketrans("oil|", "0111")
_RUN = re.compile(r"[0-9]+|[^\W\d_]+")


def look(code: str) -> str:
    """Empty for a code without letters and digits."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", code).casefold())
    plain = "".join(_digit(mark) for mark in text if unicodedata.category(mark) not in ("Mn", "Cf"))
    runs = _RUN.findall(plain.translate(_LATIN_FOR).translate(_LIKE_DIGITS))
    return "-".join(run.lstrip("0") or "0" if run.isdigit() else run for run in runs)[:200]


def _digit(mark: str) -> str:
    return str(unicodedata.digit(mark)) if mark.isdigit() else mark
