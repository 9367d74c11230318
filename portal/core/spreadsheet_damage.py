"""Recognises what a spreadsheet or a script has put in place of a text: an error, a rounded number, a date, nothing.

And what people write where they know nothing yet, such as “TBD”.
"""

import enum
import re
import unicodedata
from calendar import monthrange
from functools import cache

from babel import Locale

_ERROR_NUMBER = re.compile(r"err(or)?[:. ]?\s*[0-9]{3,4}", re.I)
_ROUNDED = re.compile(
    r"[+-]?[0-9]+(?:[.,][0-9]+)?e[+-][0-9]{1,3}|[+-]?[0-9]+[.,][0-9]+e[0-9]{1,3}|[+-]?[0-9]+[.,]0{1,2}", re.I
)
_ZEROS_FOR_DIGITS = re.compile(r"[0-9]{15}0{3,}")
"""A spreadsheet keeps fifteen digits of a number."""
_TIME = r"(?:[T ]\s*[0-9]{1,2}:[0-9]{2}.*)?"
_NUMBER_DATE = re.compile(rf"([0-9]{{1,4}})([./-])\s*([0-9]{{1,2}})\2\s*([0-9]{{1,4}})\.?{_TIME}")
_STAMP = re.compile(r"(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9])?")
_WORD_DATE = re.compile(rf"([0-9]{{0,2}})[. -]{{0,2}}([^\W\d_]+)[., -]{{0,2}}([0-9]{{1,2}},? )?([0-9]{{0,4}}){_TIME}")
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( ?[ap]m)?", re.I)
_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "cs", "el", "ru", "sv", "da", "fi", "tr", "hu", "ro")

_BOOLEANS = """
    true false wahr falsch vrai faux verdadero verdadeiro falso vero waar onwaar prawda fałsz pravda nepravda
    sant sann falskt sand falsk tosi epätosi doğru yanlış igaz hamis adevărat истина ложь αληθησ ψευδησ αληθής ψευδής
"""
_NOTHING = """
    nan null nil none undefined na nv nd ka void empty blank leer vide vuoto vacío prázdný brak
    no not nein non yes ja oui si sí keine kein keiner keinen keines keins nichts ohne aucun aucune ninguno ninguna
    nenhum nenhuma nessuno nessuna geen ingen inga niets žádný žádná yok ei нет καμία κανένα κανένας όχι sin
    unknown unbekannt inconnu inconnue desconocido desconhecido sconosciuto onbekend okänd ukendt nieznany neznámý
    неизвестно άγνωστο άγνωστος bilinmiyor
    tbd tbc tba tbs todo wip pending ausstehend offen open folgt followsoon later später missing fehlt fehlend manquant
    falta mancante ontbreekt saknas toBeDefined toBeConfirmed placeholder platzhalter dummy example beispiel
    x xx xxx xxxx xxxxx y z ? same dito ditto idem
    deleted gelöscht supprimé eliminado removed entfernt revoked widerrufen sent gesendet versandt verschickt envoyé
    enviado used verwendet benutzt redeemed eingelöst expired abgelaufen cancelled canceled storniert annulliert
    annulé invalid ungültig notavailable nichtverfügbar entfällt
"""


class Damage(enum.Enum):
    ERROR = "an error of a formula"
    ROUNDED = "a number that was rounded"
    BOOLEAN = "true or false"
    DATE = "a date or a time"
    NOTHING = "a word for nothing"


def damage_in(text: str) -> Damage | None:
    """What stands there instead of a text that identifies something. A word is damage only if it stands alone."""
    text = unicodedata.normalize("NFKC", text).strip()
    if is_error(text):
        return Damage.ERROR
    if is_rounded(text):
        return Damage.ROUNDED
    if _is_date(text):
        return Damage.DATE
    word = _letters(text)
    if word in _words(_BOOLEANS):
        return Damage.BOOLEAN
    return Damage.NOTHING if not word.strip("0") or word in _words(_NOTHING) else None


def is_error(text: str) -> bool:
    """#N/A, #BEZUG!, #ЗНАЧ!, #DIV/0!, ####, Err:502: in capitals, in whatever language."""
    if text.startswith("#") and not any(mark.isspace() for mark in text):
        rest = text[1:].replace("/0", "")
        return rest == rest.upper() and not any(mark.isdigit() for mark in rest)
    return bool(_ERROR_NUMBER.fullmatch(text))


def is_rounded(text: str) -> bool:
    """1.23457E+15, or a long number whose last digits a spreadsheet has made zeros."""
    return bool(_ROUNDED.fullmatch(text) or _ZEROS_FOR_DIGITS.fullmatch(text))


def is_left_by_a_program(text: str) -> bool:
    """Where also a word may be meant, as in a name: only what nobody types."""
    return is_error(text) or is_rounded(text) or text in ("TRUE", "FALSE", "NaN", "nan", "(null)", "NULL", "undefined")


def _is_date(text: str) -> bool:
    if numbers := _NUMBER_DATE.fullmatch(text):
        return _is_calendar_date(numbers[1], numbers[3], numbers[4], numbers[2])
    if words := _WORD_DATE.fullmatch(text):
        return _is_date_in_words(*words.groups())
    return bool(_STAMP.fullmatch(text) or _CLOCK.fullmatch(text))


def _is_calendar_date(first: str, second: str, third: str, sign: str) -> bool:
    """Two digits for the year are a date only between points or strokes: 01-02-26 may be a number."""
    year, other = (first, third) if len(first) == 4 else (third, first)
    if len(year) != 4 and not (len(year) == 2 and sign in "./"):
        return False
    return len(other) < 3 and any(
        0 < int(month) < 13 and 0 < int(day) <= monthrange(2024, int(month))[1]
        for month, day in ((second, other), (other, second))
    )


def _is_date_in_words(before: str, word: str, day: str | None, year: str) -> bool:
    """DEC-10 may be a code; Dec-10 is what a spreadsheet makes of it."""
    numbers = [number for number in (before, day, year) if number]
    is_enough = len(numbers) > 1 or len(year) == 4 or (bool(numbers) and not word.isupper())
    return is_enough and word.casefold() in _months()


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


@cache
def _words(text: str) -> frozenset[str]:
    return frozenset(_letters(word) for word in text.split())


@cache
def _months() -> frozenset[str]:
    """The names of the months and their abbreviations, in the languages of most spreadsheets."""
    names = (
        name
        for language in _LANGUAGES
        for context in Locale(language).months.values()
        for width in ("wide", "abbreviated")
        for name in context[width].values()
    )
    return frozenset(name.casefold().strip(".") for name in names if not name.isdigit())
