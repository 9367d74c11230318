"""Is a password made of what anybody would try first: names, the company, the product, a month and a year?

What remains without such words, years and decorations must be long enough by itself. Nothing remains of `Sommer2026!!`,
or of `B1tT1tan-Northlight` for a person at Northlight.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

LEAST_OVER = 8
_SHORTEST_WORD = 3
_SHORTEST_BACKWARDS = 5
"""Shorter ones occur in many others by chance."""
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ROW = re.compile(r"0?123(?:4(?:5(?:6(?:7(?:8(?:90?)?)?)?)?)?)?|(?:0?9?8?7?6?5?4)?321")
_SAME = re.compile(r"(.{1,20}?)\1{2,}")
_BETWEEN = re.compile(r"[\W_]")
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "æ": "ae", "œ": "oe", "å": "aa"})
_BARE = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_LOOKS_LIKE = (str.maketrans("013457@$!|", "oleastasil"), str.maketrans("013457@$!|", "oieastasii"))

_WORDS = """
bittitan migrationwiz migration wizard mailbox mailboxes user users bundle licence licences license licenses lizenz
coupon code voucher portal storefront shop distributor distribution reseller partner customer client kunde tenant
account billing invoice asset assets microsoft office exchange outlook sharepoint teams google workspace cloud support
admin administrator operator viewer accountant guest root login signin sign welcome willkommen bienvenue bienvenido
password passwort passwd kennwort motdepasse contrasena wachtwoord haslo secret geheim changeme letmein hello hallo
bonjour hola ciao test demo company firma temp temporary initial default start please master iloveyou
qwertyuiop qwertzuiop azertyuiop qwerty qwertz azerty asdfghjkl asdfgh asdf zxcvbnm zxcvbn yxcvbnm yxcvbn

spring summer autumn fall winter fruhling fruehling sommer herbst printemps automne hiver primavera verano otono
invierno estate autunno inverno lente zomer herfst wiosna lato jesien zima ανοιξη καλοκαιρι φθινοπωρο χειμωνας
january february march april may june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec okt dez
januar februar marz maerz mai juni juli oktober dezember
janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
januari februari maart mei augustus
styczen luty marzec kwiecien maj czerwiec lipiec sierpien wrzesien pazdziernik listopad grudzien
ιανουαριος φεβρουαριος μαρτιος απριλιος μαιος ιουνιος ιουλιος αυγουστος σεπτεμβριος οκτωβριος νοεμβριος δεκεμβριος
monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag
"""


def is_guessable(password: str, *of: str) -> bool:
    """`of`: names, addresses and codes of the person and the company."""
    words = sorted({*_words(of), *_everybodys()}, key=len, reverse=True)
    plain = _YEAR.sub(" ", _fold(password))
    readings = {plain, *(plain.translate(looks) for looks in _LOOKS_LIKE)}
    readings |= {_BETWEEN.sub("", reading) for reading in readings}
    return min(len(_left_over(reading, words)) for reading in readings) < LEAST_OVER


def undecorated(password: str) -> set[str]:
    """As in lists of bad passwords: in lower case, without anything put before or after it."""
    small = password.casefold()
    return {small, *(re.sub(rf"^{marks}+|{marks}+$", "", small) for marks in (r"[\W_]", r"[\W\d_]"))}


def _left_over(text: str, words: Iterable[str]) -> str:
    for word in words:
        text = text.replace(word, " ")
    return _BETWEEN.sub("", _SAME.sub(r"\1", _ROW.sub(" ", text)))


@cache
def _everybodys() -> frozenset[str]:
    return _words([_WORDS])


def _words(texts: Iterable[str]) -> frozenset[str]:
    """Each also with its accents spelt out or removed, joined with its neighbours, and backwards."""
    words = set()
    for text in texts:
        composed = unicodedata.normalize("NFC", text.casefold())
        for spelt in map(_fold, (text, composed.translate(_SPELT_OUT), composed.translate(_BARE))):
            words |= {*re.split(r"[\W\d_]+", spelt), _BETWEEN.sub("", spelt)}
    words |= {word[::-1] for word in words if len(word) >= _SHORTEST_BACKWARDS}
    return frozenset(word for word in words if len(word) >= _SHORTEST_WORD)


def _fold(text: str) -> str:
    """Lower case without accents: `Frühling` and `FRUHLING` are the same."""
    marked = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in marked if not unicodedata.combining(mark)).casefold()
